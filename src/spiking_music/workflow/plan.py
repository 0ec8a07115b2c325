"""The checked configuration, and the names that the rules need: of variants, files and figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from spiking_music import config as configuration
from spiking_music.codec import classical
from spiking_music.config import ExternalSystem, external_systems
from spiking_music.errors import ConfigError
from spiking_music.models import pretrained
from spiking_music.workflow import keys
from spiking_music.workflow.material import Job
from spiking_music.workflow.resources import Resources

ANCHORS = ["anchor", "lowpass-3500", "lowpass-7000"]
NOTHING = r"(?!)"  # a regular expression that no name fits


@dataclass(frozen=True)
class Plan(Resources):
    """What a configuration asks of the workflow; `Plan.of` makes one."""

    raw: Mapping[str, Any]  # with the row of the package's model
    trained_rows: list[str]  # rows of `variants`
    mp3: list[int]  # kbps
    opus: list[int]  # kbps

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Plan":
        """The plan of the configuration `raw`; `ConfigError` names what is wrong with it."""
        config = configuration.validate(raw)
        extended = pretrained.with_pretrained(raw)
        rows = configuration.variants(raw)
        given = [configuration.PRETRAINED] if config.pretrained else []
        models = {name: configuration.variant(extended, name) for name in [*rows, *given]}
        mp3, opus = (
            list(classical.available(name, kbps))
            for name, kbps in (("mp3", config.classical.mp3), ("opus", config.classical.opus))
        )
        plan = cls(config, models, extended, rows, mp3, opus)
        plan.check()
        return plan

    def check(self) -> None:
        """Raise `ConfigError` where the rules would need what is not there."""
        if set("{}<>") & set(self.results):
            raise ConfigError(
                f"results are written to '{self.results}', but Snakemake takes none of "
                "{ } < > in it: set results to another folder"
            )
        imported = [Path(self.models_from, name, pretrained.WEIGHTS) for name in self.trained_rows]
        absent = [path for path in imported if not path.exists()]
        if self.config.models_from and absent:
            raise ConfigError(
                f"models_from is '{self.config.models_from}', but there is no '{absent[0]}': train "
                "it there, or switch the variant off"
            )
        names = [*self.models, *ANCHORS, *self.codecs]
        if twice := [name for name in self.external if names.count(name) > 1]:
            raise ConfigError(
                f"external '{twice[0]}' has the name of another row: call its row otherwise"
            )
        for name, path in self.start_weights.items():
            # those of the same results may still be to be trained
            if not Path(path).exists() and not path.startswith(f"{self.results}/models/"):
                raise ConfigError(
                    f"variant '{name}' starts from '{path}', which is not there: train it, or set"
                    " training.start_from to another file"
                )

    # --- variants: which outputs make sense for which; an overlay may switch any of them off

    @property
    def pretrained_rows(self) -> list[str]:
        """The row of the package's model, which needs no training."""
        return [configuration.PRETRAINED] if self.config.pretrained else []

    @property
    def variants(self) -> list[str]:
        """All of them, in the order of tables and figures."""
        return list(self.models)

    @property
    def sample_variants(self) -> list[str]:
        """On the page of samples: what is trained best comes first."""
        return [*self.pretrained_rows, *self.trained_rows]

    @property
    def codec_variants(self) -> list[str]:
        """Those that have codes to store."""
        return [name for name, model in self.models.items() if model.bottleneck.codes != "mel"]

    @property
    def binary_variants(self) -> list[str]:
        """Those whose codes are events."""
        return [name for name, model in self.models.items() if model.bottleneck.codes == "binary"]

    @property
    def level_variants(self) -> list[str]:
        """Those that take levels μ."""
        return [name for name, model in self.models.items() if model.levels]

    @property
    def sparse_variants(self) -> list[str]:
        """Those with a sparsity loss and without levels, to hold beside them in figure 4."""
        rows = {name: self.models[name] for name in self.trained_rows}
        return [name for name, model in rows.items() if model.sparsity and not model.levels]

    @property
    def listening_variants(self) -> list[str]:
        """Those in the listening test."""
        return [name for name in self.config.listening.stimuli.systems if name in self.models]

    @property
    def rated_systems(self) -> list[str]:
        """Those that metrics rate in the place of listeners."""
        rated = self.config.listening.ratings.variants
        return [*(name for name in rated if name in self.models), *ANCHORS]

    @property
    def selectivity_variants(self) -> list[str]:
        """Those whose events can be held beside onsets."""
        return self.binary_variants if self.has_notes else []

    def tuning(self, *variants: str) -> list[str]:
        """Tables of the notes that their units are tuned to; none where no notes are known."""
        return [f"{self.results}/tuning/{name}.csv" for name in variants if self.has_notes]

    @property
    def figure5_variants(self) -> list[str]:
        """Those of figure 5; none if one that is asked for is not there."""
        asked = list(self.config.figures.selective)
        return asked if set(asked) <= set(self.selectivity_variants) else []

    @property
    def probe_features(self) -> list[str]:
        """What labels are told from: the codes of variants, and mel bands to compare with."""
        return [*self.codec_variants, "mel-bands"]

    # --- codecs of others

    @cached_property
    def external(self) -> dict[str, ExternalSystem]:
        """Rows of `external` at each of their rates, by the names that tables give them."""
        return external_systems(self.config.external)

    @property
    def midi(self) -> list[int]:
        """Grids of the notes that are played again, in ticks a second; none without notes."""
        return list(self.config.classical.midi) if self.has_notes else []

    @property
    def codecs(self) -> list[str]:
        """All rows of codecs that are not trained here, in the order of tables."""
        settings = {"mp3": self.mp3, "opus": self.opus, "midi": self.midi}
        own = [f"{codec}-{setting}" for codec, each in settings.items() for setting in each]
        return [*own, *self.external]

    def external_settings(self, wildcards: Job) -> str:
        """What the measurement of an external codec depends on."""
        system = self.external[wildcards.external]
        one = {"external": {system.row: {"rates": [system.rate]}}}
        return configuration.cut(
            configuration.merge(self.raw, one), f"external.{system.row}", *keys.scores(self.config)
        )

    def external_files(self, wildcards: Job) -> list[str]:
        """The table of what was decoded elsewhere."""
        folder = self.external[wildcards.external].folder
        return [f"{folder}/clips.csv"] if folder else []

    # --- models: trained here, or taken from the package and from another data set

    @property
    def models_from(self) -> str:
        """The folder of another data set's models (docs/generality.md)."""
        return f"{self.config.results}/{self.config.models_from}/models"

    @cached_property
    def model_sources(self) -> dict[str, str]:
        """Variant → the folder that its model is taken from, instead of training."""
        imported = {name: str(pretrained.PRETRAINED) for name in self.pretrained_rows}
        if self.config.models_from:
            imported |= {name: f"{self.models_from}/{name}" for name in self.trained_rows}
        return imported

    @property
    def trained_here(self) -> str:
        """The names of the others, as a regular expression.

        In a job of a group Snakemake knows the rules of that group only, and would make with them
        what `train import-model` has made: hence no order of rules, but names that only one rule
        accepts.
        """
        return "|".join(name for name in self.models if name not in self.model_sources) or NOTHING

    @cached_property
    def start_weights(self) -> dict[str, str]:
        """Variant → the weights that its training goes on from, if any."""
        if self.config.models_from:
            return {}
        starts = {name: pretrained.start_weights(self.models[name]) for name in self.trained_rows}
        return {name: str(path) for name, path in starts.items() if path is not None}

    def start(self, wildcards: Job) -> list[str]:
        """`start_weights` of the variant of a job."""
        path = self.start_weights.get(wildcards.variant)
        return [path] if path else []

    def imported(self, wildcards: Job) -> str:
        """The file that a job takes over."""
        return f"{self.model_sources[wildcards.variant]}/{wildcards.file}"

    def codes_to_learn(self, wildcards: Job) -> str:
        """What entropy tables are fitted to: of a model with levels, codes of all of them."""
        name = "all-levels" if wildcards.variant in self.level_variants else "train"
        return f"{self.results}/codes/{wildcards.variant}/{name}.h5"

    # --- figures and listening

    @property
    def figures(self) -> list[str]:
        """Names of all figures."""
        sweeps = self.level_variants if self.sparse_variants else []
        trained = self.trained_rows and not self.config.models_from
        return [
            "fig1-storage",
            *(["fig2"] if self.variants else []),
            *(f"fig2-{name}" for name in self.variants),
            *(f"fig3-{judges}" for judges in self.judges),
            *(f"fig4-{name}" for name in sweeps),
            *(["fig5-selectivity"] if self.figure5_variants else []),
            *(["rate-quality"] if self.codec_variants else []),
            *(["operations"] if self.variants else []),
            *(["training"] if trained else []),
            "clips",
            *(f"probe-{label}" for label in self.config.probe.labels),
        ]

    @cached_property
    def rating_files(self) -> list[str]:
        """Results of listeners."""
        folder = self.config.listening.ratings.folder
        return sorted(map(str, Path(folder).glob("*.csv"))) if folder else []

    @property
    def judges(self) -> list[str]:
        """Who says how good the systems are; objective scores stand in until listeners come."""
        if self.rating_files:
            return ["listeners"]
        return ["objective"] if self.config.evaluation.perceptual else []

    def rating_tables(self, judges: str, *names: str) -> list[str]:
        """Tables of what listeners, or metrics, made of the systems."""
        return [f"{self.results}/listen/{judges}/{name}" for name in names]

    # --- what of the configuration a rule hands to its verb

    def settings(self, *keys: str) -> Callable[[Job], str]:
        """The named keys as inline JSON: all that the verb can depend on.

        Snakemake calls the result for each job: in a string it would take {words} for wildcards.
        """
        chosen = configuration.cut(self.raw, *keys)
        return lambda wildcards: chosen

    def variant_settings(self, wildcards: Job) -> str:
        """What the training of a job's variant depends on."""
        return configuration.cut_variant(self.raw, wildcards.variant)

    def network_settings(self, wildcards: Job) -> str:
        """What the network of a job's variant is built of."""
        return configuration.cut_network(self.raw, wildcards.variant)
