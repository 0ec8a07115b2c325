"""Which configuration classes a part of a model may have, and the modules that they describe.

A class of configuration is registered under its `kind`, with the name of what it configures, as
"module:Class": a name, because whoever reads a configuration needs no torch.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, TypeVar, Union, get_args

from pydantic import Field

from spiking_music.config.sections import Section
from spiking_music.errors import ConfigError

Config = TypeVar("Config", bound=Section)


class Registry:
    """The classes of one part, by `kind`; decorates a class with the names of its modules."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.classes: dict[str, type[Section]] = {}
        self._modules: dict[type[Section], dict[str, str]] = {}

    def __call__(self, **modules: str) -> Callable[[type[Config]], type[Config]]:
        """Register the class that is decorated; `modules` name what `build` is to find."""

        def register(config: type[Config]) -> type[Config]:
            (kind,) = get_args(config.model_fields["kind"].annotation)
            if kind in self.classes:
                raise ValueError(f"there is a {self.part} of kind '{kind}' already")
            self.classes[kind] = config
            self._modules[config] = modules
            return config

        return register

    def union(self) -> Any:
        """All classes registered so far, told apart by `kind`: the type of a field."""
        return Annotated[Union[tuple(self.classes.values())], Field(discriminator="kind")]  # noqa: UP007

    def has(self, role: str, config: Section) -> bool:
        """Whether there is a module with that role; `ConfigError` for an unregistered class."""
        return role in self._roles(config, role)

    def build(self, role: str, config: Section, *arguments: Any) -> Any:
        """An instance of the module with that role, made of `config` and the arguments.

        Raises `ConfigError` where the class is not registered with such a module.
        """
        named = self._roles(config, role).get(role)
        if named is None:
            raise self._unknown(config, role)
        module, _, name = named.partition(":")
        return getattr(import_module(module), name)(config, *arguments)

    def _roles(self, config: Section, role: str) -> dict[str, str]:
        found = self._modules.get(type(config))
        if found is None:
            raise self._unknown(config, role)
        return found

    def _unknown(self, config: Section, role: str) -> ConfigError:
        kind = getattr(config, "kind", "?")
        return ConfigError(
            f"the configuration knows the {self.part} '{kind}' ({type(config).__name__}), but no "
            f"module is registered for it as its '{role}': add one"
        )


BACKBONES = Registry("backbone")
QUANTIZERS = Registry("bottleneck")
CONTEXTS = Registry("context")
CONDITIONINGS = Registry("conditioning")
SPARSITIES = Registry("sparsity")
DECODERS = Registry("decoder")
