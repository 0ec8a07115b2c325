"""The classifiers of a probe: features (clips, F) → probabilities (runs, clips, K)."""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from spiking_music.config import ProbeConfig

ITERATIONS = 1000  # of L-BFGS, at most
BATCH = 64  # clips a step of the network
UNLIKELY = 1e-6  # the least probability that counts

Probabilities = NDArray[np.float64]  # (runs, clips, K)


@dataclass(frozen=True)
class Samples:
    """Clips of one side of the division."""

    features: NDArray[np.float32]  # (clips, F)
    classes: NDArray[np.int64]  # (clips,) 0..K-1
    performances: NDArray[np.int64]  # (clips,)


def predictions(
    train: Samples, test: Samples, config: ProbeConfig, seed: int
) -> dict[str, Probabilities]:
    """What each classifier, fitted to `train`, says of the clips of `test`.

    `majority`: the most frequent class. `linear`: multinomial logistic regression. `network`: a
    hidden layer of ReLUs, trained by Adam, a run a seed. `shuffled`: `linear` after the labels were
    dealt anew to the performances of `train`, a run a deal. Features are standardised by `train`;
    the L2 penalty of `linear` and `network` is chosen by likelihood in cross-validation, in which
    no performance is on both sides. (Accuracy, where classes are skewed, would choose the penalty
    that makes of every clip the most frequent class.)
    """
    size = len(train.classes)
    linear = _chosen(
        LogisticRegression(max_iter=ITERATIONS),
        {"C": [1 / (penalty * size) for penalty in config.penalties]},
        train,
        config.folds,
        seed,
    )
    batch = min(BATCH, size)
    epochs = math.ceil(config.steps * batch / size)
    perceptron = MLPClassifier(
        (config.hidden,),
        max_iter=epochs,
        batch_size=batch,
        n_iter_no_change=epochs,
        random_state=seed,
    )
    alphas = {"alpha": [penalty * batch for penalty in config.penalties]}
    network = _chosen(perceptron, alphas, train, config.folds, seed)
    found = {
        "linear": [_fitted(linear, train).predict_proba(test.features)],
        "network": [
            _fitted(_seeded(network, seed + run), train).predict_proba(test.features)
            for run in range(config.seeds)
        ],
        "majority": [_majority(train, len(test.classes))],
    }
    if config.shuffles:
        found["shuffled"] = [
            _fitted(linear, dealt).predict_proba(test.features)
            for dealt in _dealt(train, config.shuffles, seed)
        ]
    return {name: np.stack(runs) for name, runs in found.items()}


def _chosen(
    classifier: LogisticRegression | MLPClassifier,
    grid: dict[str, list[float]],
    train: Samples,
    folds: int,
    seed: int,
) -> Pipeline:
    """The classifier, not fitted, with the value of `grid` that cross-validation prefers."""
    pipeline = Pipeline([("scale", StandardScaler()), ("classify", classifier)])
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    named = {f"classify__{key}": values for key, values in grid.items()}
    search = GridSearchCV(pipeline, named, cv=splits, scoring=_likelihood, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # `steps` is what we can afford
        warnings.simplefilter("ignore", UserWarning)  # a class with fewer performances than folds
        search.fit(train.features, train.classes, groups=train.performances)
    return pipeline.set_params(**search.best_params_)


def _likelihood(
    pipeline: Pipeline, features: NDArray[np.float32], classes: NDArray[np.int64]
) -> float:
    """Mean log probability of the true classes; one that was not learnt from counts as unlikely."""
    found = np.zeros((len(classes), max(classes.max(), pipeline.classes_.max()) + 1))
    found[:, pipeline.classes_] = pipeline.predict_proba(features)
    return float(np.log(found[np.arange(len(classes)), classes].clip(UNLIKELY)).mean())


def _fitted(pipeline: Pipeline, train: Samples) -> Pipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(train.features, train.classes)


def _seeded(pipeline: Pipeline, seed: int) -> Pipeline:
    return pipeline.set_params(classify__random_state=seed)


def _majority(train: Samples, clips: int) -> NDArray[np.float64]:
    counts = np.bincount(train.classes)
    return np.tile(np.eye(len(counts))[counts.argmax()], (clips, 1))


def _dealt(train: Samples, times: int, seed: int) -> list[Samples]:
    """`train` with the labels of its performances permuted."""
    rng = np.random.default_rng((seed, 5))
    _, first, member = np.unique(train.performances, return_index=True, return_inverse=True)
    own = train.classes[first]  # (performances,)
    return [
        Samples(train.features, rng.permutation(own)[member], train.performances)
        for _ in range(times)
    ]
