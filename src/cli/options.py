"""Options of commands as dataclasses: one noun in place of many parameters, shared by commands that take the same."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import CONTROLS, PRESETS, Settings, changed, load_config, models_folder, offline, seconds


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer takes it: in place of each dataclass it asks for, a parameter for each of its fields."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hints[name] for name in inspect.signature(command).parameters if is_dataclass(hints[name])}
    flat = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in groups:
            flat.append(parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=hints[name]))
            continue
        its = get_type_hints(groups[name], include_extras=True)
        flat += [
            inspect.Parameter(one.name, parameter.KEYWORD_ONLY, default=one.default, annotation=its[one.name])
            for one in fields(groups[name])
        ]

    @wraps(command)
    def called(**given: Any) -> None:
        for name, kind in groups.items():
            given[name] = kind(**{one.name: given.pop(one.name) for one in fields(kind)})
        command(**given)

    called.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    return called


def option(panel: str) -> Callable[..., Any]:
    """typer.Option, of which --help shows those of one panel together."""

    def made(name: str, help: str) -> Any:
        return typer.Option(name, help=help, rich_help_panel=panel)

    return made


_sensitivity, _models, _machine = map(option, (_("Sensitivity"), _("Models"), _("Machine")))


def _control(name: str) -> Any:
    return _sensitivity(CONTROLS[name].option, _(CONTROLS[name].help))


@dataclass(frozen=True)
class Sensitivity:
    """Fields of these groups are called like settings, and None where nothing was said."""

    similar: Annotated[float | None, _control("similar")] = None
    near: Annotated[float | None, _control("near")] = None
    grouping: Annotated[str | None, _control("grouping")] = None
    time_window: Annotated[str | None, _control("time_window")] = None
    videos: Annotated[bool, _sensitivity("--videos", _("Films take part too: the same film in other files."))] = False


@dataclass(frozen=True)
class Encoding:
    encoder: Annotated[str | None, _models("--encoder", _("Comparing: auto, unipic, mobilenet, builtin."))] = None
    device: Annotated[str | None, _models("--device", _("Where models run: auto, cpu or cuda."))] = None
    offline: Annotated[bool, _models("--offline", _("Do not download missing models."))] = False


@dataclass(frozen=True)
class Ranking:
    ranker: Annotated[str | None, _models("--ranker", _("Ranking: auto, clip or builtin."))] = None
    prompt: Annotated[str | None, _models("--prompt", _("A good photo in your words (needs CLIP)."))] = None
    preset: Annotated[
        str | None, _models("--preset", _("A ready-made prompt: {presets}.", presets=", ".join(PRESETS)))
    ] = None
    people_safe: Annotated[
        bool | None,
        _models(
            "--people-safe/--no-people-safe",
            _("Look at faces in similar shots: open eyes win, and nobody is lost from what is kept. Default: on."),
        ),
    ] = None
    taste: Annotated[
        bool, _models("--taste", _("Rank by what your choices in the web app taught, if it is better."))
    ] = False

    def check(self, settings: Settings) -> None:
        """SettingsError for a prompt that no model would read. Missing weights that may be downloaded are no reason."""
        from unipic.vision.manifest import FETCH
        from unipic.vision.registry import RANKER, inventory

        if not self.prompt:
            return
        if settings.ranking.ranker == "builtin":
            raise SettingsError(_("--prompt needs CLIP, and --ranker builtin does without; choose one of them"))
        status = next(status for model, status in inventory(models_folder()) if model.name == RANKER)
        if status.state == "damaged":
            raise SettingsError(_("--prompt needs CLIP: {problem}", problem=status.problem))
        if status.state == "missing" and (offline() or not settings.machine.fetch):
            raise SettingsError(
                _(
                    "--prompt needs CLIP: {problem}, and nothing may be downloaded now. {fetch} gets it; or leave "
                    "--prompt out",
                    problem=status.problem,
                    fetch=FETCH,
                )
            )


@dataclass(frozen=True)
class Searching:
    search_model: Annotated[
        str | None, _models("--model", _("Meaning of photos and words: auto, siglip2, datacomp, openai or none."))
    ] = None


@dataclass(frozen=True)
class Machine:
    workers: Annotated[
        int | None, _machine("--workers", _("Decode processes. Default: one per core that memory suffices for."))
    ] = None
    engine: Annotated[str | None, _machine("--engine", _("Where photos are read: local or ray (docs/scaling.md)."))] = (
        None
    )
    ray_address: Annotated[
        str | None, _machine("--ray-address", _("host:port of a Ray cluster's head. Default: Ray on this machine."))
    ] = None
    ray_store: Annotated[
        str | None, _machine("--ray-store", _("With --ray-address: a folder all nodes share, or s3://bucket/folder."))
    ] = None
    config: Annotated[Path | None, _machine("--config", _("A TOML file with any of these settings."))] = None


def settings_by(*groups: Any) -> Settings:
    """The settings of the file, with what the groups of options say in place of its own. SettingsError."""
    said = {name: value for group in groups for name, value in vars(group).items() if value is not None}
    config = said.pop("config", None)
    if said.pop("offline", False):
        said["fetch"] = False
    for flag in ("taste", "videos"):  # False: nothing was said
        if not said.get(flag):
            said.pop(flag, None)
    if "time_window" in said:
        said["time_window"] = seconds(said["time_window"])
    return changed(load_config(config) if config else Settings(), said)
