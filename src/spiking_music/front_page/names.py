"""Names of the workflow's figures: what each shows. Imports little, as the Snakefile reads it."""

from spiking_music.errors import DataError

# where a claim of docs/claims.md is seen
CLAIMS = {
    "rate-quality": ("1", "2", "11", "12"),
    "training": ("3",),
    "fig3": ("9",),
    "fig4": ("5", "6"),
    "fig5": ("4", "7", "8"),
}
SETTINGS = (  # of the configuration: all that page and captions say of it
    *("dataset.name", "signal.sample_rate", "figures.storage_units", "figures.storage_steps"),
    *("evaluation.split", "evaluation.bound_db", "evaluation.level"),
    *("selectivity.split", "listening.ratings.level"),
)
TITLES = {
    "fig1": "What events cost to store",
    "fig2": "The models",
    "rate-quality": "Bit rate and quality",
    "operations": "Operations and quality",
    "fig3": "Quality, system by system",
    "fig4": "One model, many rates",
    "fig5": "Events and notes",
    "clips": "Clips and their codes",
    "training": "Training",
    "probe": "What the codes know",
}


def kind_of(name: str) -> str:
    """The longest key of `TITLES` that the name of a figure begins with; `DataError` if none."""
    kinds = [kind for kind in TITLES if name == kind or name.startswith(f"{kind}-")]
    if not kinds:
        raise DataError(f"'{name}' is no figure of the workflow: name one of those")
    return max(kinds, key=len)
