"""What every bottleneck of binary units asks of the codes it is given."""

from torch import Tensor

from spiking_music.errors import CodeError


def require_events(codes: Tensor, units: int) -> None:
    """`CodeError` unless `codes` are events (B, units, T), each 0 or 1."""
    if codes.ndim != 3 or codes.shape[1] != units:
        raise CodeError(
            f"the model decodes events of shape (B, {units}, T), not {tuple(codes.shape)}"
        )
    if not ((codes == 0) | (codes == 1)).all():
        raise CodeError("events must be 0 or 1; these codes hold other values")
