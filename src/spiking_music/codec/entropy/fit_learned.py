"""Training of the event model on fixed codes, whose rounded weights are the tables of `learned`."""

import numpy as np
import torch
from torch.nn import functional as F

from spiking_music.models.event_model import EventModel
from spiking_music.models.event_tables import PARENTS, LearnedTables
from spiking_music.progress import tracked
from spiking_music.rangecoder.probabilities import WHOLE
from spiking_music.rangecoder.static import Events, Frequencies

LEARNING_RATE = 0.02  # at its highest, of one cycle
BATCH = 16  # clips, for up to 128 units; fewer of wider codes
CROP = 256  # steps of a clip, at most


def fit_learned(z: Events, k: Frequencies, seed: int, rounds: int) -> LearnedTables:
    """Tables for codes like z (clips, N, T), whose units have the mean probabilities k (N,).

    `rounds` steps of gradient descent.
    Equal inputs give equal tables on one machine with one number of threads; on another they may
    differ in last digits, which is why they are shipped.
    """
    draw = np.random.default_rng(seed)
    model = EventModel(len(k))
    p = torch.from_numpy(k.astype(np.float32) / WHOLE)
    with torch.no_grad():
        model.bias.copy_(torch.log(p / (1 - p)))
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=rounds)
    units, steps = z.shape[1:]
    batch, crop = max(2, BATCH * PARENTS // max(PARENTS, units)), min(steps, CROP)
    for _ in tracked(range(rounds), "entropy tables", rounds):
        start = 2 * int(draw.integers((steps - crop) // 2 + 1))  # even, as the model counts them
        chosen = z[draw.integers(len(z), size=batch), :, start : start + crop]
        target = torch.from_numpy(chosen.astype(np.float32))
        loss = F.binary_cross_entropy_with_logits(model.logits(target), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.export()
