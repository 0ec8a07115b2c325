"""What codes and levels a model takes: of tensors and of arrays, hence without torch."""

from typing import Any

from spiking_music.errors import CodeError


def require_events(codes: Any, units: int) -> None:
    """`CodeError` unless `codes` are events (B, units, T), each 0 or 1."""
    if codes.ndim != 3 or codes.shape[1] != units:
        raise CodeError(
            f"the model decodes events of shape (B, {units}, T), not {tuple(codes.shape)}"
        )
    if not ((codes == 0) | (codes == 1)).all():
        raise CodeError("events must be 0 or 1; these codes hold other values")


def require_levels(level: Any, levels: int, clips: int) -> None:
    """`CodeError` unless there is one of `levels` levels for each clip; none where they are 0."""
    if (level is None) != (levels == 0):
        wanted = f"a level in 0..{levels - 1}" if levels else "no level"
        raise CodeError(f"this model takes {wanted}; give exactly that")
    if level is None:
        return
    if level.shape != (clips,) or level.min() < 0 or level.max() >= levels:
        raise CodeError(f"levels must be one a clip, each in 0..{levels - 1}")


def require_frames(audio: Any, hop: int) -> None:
    """`CodeError` unless `audio` is (B, 1, T·hop) with T ≥ 1."""
    if audio.ndim != 3 or audio.shape[1] != 1 or audio.shape[2] % hop or not audio.shape[2]:
        raise CodeError(
            f"audio must have shape (B, 1, T·{hop}) with T ≥ 1, not {tuple(audio.shape)}"
        )
