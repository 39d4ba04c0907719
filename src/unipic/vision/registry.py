"""Open models by their names in the settings: once per process, downloaded if allowed, or visibly replaced.

Opening checks that the file is present and right and that libraries are installed; it imports no torch. The network is
loaded for the first picture, see loading.py. The strings returned with a model are notices for people: what was
replaced, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from unipic.core.errors import Cancelled, ModelError, ModelMissing
from unipic.core.language import gettext as _, kept
from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import INSTALL, models_folder
from unipic.core.words import size
from unipic.vision.base import Encoder, Scorer, TextEncoder
from unipic.vision.cutoffs import CUTOFFS, read_cutoffs
from unipic.vision.device import pick_device
from unipic.vision.fetch import fetch as fetch_weights
from unipic.vision.manifest import FETCH, MANIFEST, Form, Model, Status, find, read_manifest, require

if TYPE_CHECKING:
    from unipic.vision.eyes import EyeReader
    from unipic.vision.face_net import FaceEncoder
    from unipic.vision.faces import FaceFinder
    from unipic.vision.mobilenet import MobileNetEncoder
    from unipic.vision.ocr import WordReader
    from unipic.vision.own_faces import OwnFaceEncoder
    from unipic.vision.text import LocalTextEncoder

T = TypeVar("T")

RANKER = "clip-vit-base-patch32"  # judges photos by words
HEAD = "laion-aesthetic-vit-b-32"  # rates photos, with the ranker
WORDS = "pp-ocrv6-small"  # reads the words in pictures
FACES, FACE_ENCODER = "yunet", "dlib_face"  # finds faces; says how alike two are
EYES = "eyes"  # tells open eyes and smiles
TEXT_ENCODERS = {  # the model of each, the best first: see docs/models.md
    "siglip2": "siglip2-base-patch32-256",
    "datacomp": "clip-vit-base-patch32-256-datacomp",
    "openai": RANKER,
}
ENCODERS = ("torch", "torchvision", "safetensors")
READERS = ("torch", "transformers", "tokenizers", "safetensors")
NEEDS = {
    "unipic_encoder": ENCODERS,
    "mobilenet_v3_small": ENCODERS,
    **dict.fromkeys(TEXT_ENCODERS.values(), READERS),
    HEAD: ("torch",),
    WORDS: ("rapidocr", "onnxruntime"),
    FACES: ("cv2",),
    FACE_ENCODER: ("cv2", "torch", "safetensors"),
    EYES: ("torch", "safetensors"),
}

_opened: dict[tuple[Any, ...], Any] = {}
_opening = Lock()


@dataclass(frozen=True)
class Loader:
    """Opens models: by where weights lie, where networks compute, and whether what is missing may be downloaded."""

    models: Path  # the folder of models that do not ship with Unipic
    device: str = "auto"
    fetch: bool = True
    progress: Progress = silent
    manifest: Path = MANIFEST

    def open(self, name: str, made: Callable[[list[Path]], T]) -> T:
        """The model that `made` makes of its files, the same object at every call.

        ModelError says why it is unavailable; the next call tries again.
        """
        model = read_manifest(self.manifest)[name]
        _installed(model)
        if self.device == "cuda":
            pick_device(self.device)  # before a large download
        folder = model.home or self.models
        key = (name, folder.absolute(), self.device, self.manifest)
        if key not in _opened:
            _wait_turn(model, self.progress)
            try:
                if key not in _opened:
                    _opened[key] = made([folder / file.path for file in self._weights(model, folder).files])
            finally:
                _opening.release()
        return _opened[key]

    def _weights(self, model: Model, folder: Path) -> Form:
        """The installed form, downloaded if missing. ModelMissing if that is not allowed or was skipped."""
        if not model.shipped and find(model, folder).state == "missing":
            if not self.fetch:
                raise ModelMissing(kept("{model} is not installed and downloading is switched off", model=model.label))
            try:
                fetch_weights(model.name, folder, self.progress, manifest=self.manifest)
            except Cancelled:
                raise ModelMissing(
                    kept("{model} is not installed and its download was skipped", model=model.label)
                ) from None
        return require(model, folder)


def _shipped(manifest: Path, device: str = "cpu") -> Loader:
    """For models that ship with Unipic: they lie beside the manifest."""
    return Loader(manifest.parent, device, fetch=False, manifest=manifest)


def open_encoder(name: str, loader: Loader) -> tuple[Encoder, list[str]]:
    """Unipic's own for "auto" and "unipic", ImageNet's for "mobilenet", or "builtin".

    Unipic's own replaces an unavailable ImageNet encoder; the built-in one replaces Unipic's own.
    """
    from unipic.vision.builtin import BuiltinEncoder
    from unipic.vision.mobilenet import MobileNetEncoder, UnipicEncoder

    wanted = {"mobilenet_v3_small": MobileNetEncoder} if name == "mobilenet" else {}
    wanted |= {"unipic_encoder": UnipicEncoder} if name != "builtin" else {}
    errors: list[ModelError] = []
    for model, kind in wanted.items():
        try:
            return _encoder(model, kind, loader), [_instead(error, kept("Unipic's own encoder")) for error in errors]
        except ModelError as error:
            errors.append(error)
    return BuiltinEncoder(), [_instead(error, kept("the built-in encoder")) for error in errors]


def _encoder(model: str, kind: type[MobileNetEncoder], loader: Loader) -> Encoder:
    return loader.open(model, lambda files: kind(files[0], loader.device)).telling(loader.progress)


def open_scorer(name: str, loader: Loader, aesthetic: bool = False) -> tuple[Scorer | None, list[str]]:
    """CLIP for "clip" and "auto", with LAION's head if `aesthetic` is set and the head is available.

    None means the built-in ranking: for "builtin", or if CLIP is unavailable.
    """
    from unipic.vision.aesthetic import AestheticHead
    from unipic.vision.clip import ClipScorer

    lost = [kept("The aesthetic score needs CLIP: it is left out.")] if aesthetic else []
    if name == "builtin":
        return None, lost
    try:
        clip = ClipScorer(_text_encoder("openai", loader))
    except ModelError as error:
        return None, [_instead(error, kept("the built-in ranking")), *lost]
    if not aesthetic:
        return clip, []
    try:
        return clip.with_head(loader.open(HEAD, lambda files: AestheticHead(files[0]))), []
    except ModelError as error:
        return clip, [_instead(error, kept("CLIP without it"))]


def open_text_encoder(name: str, loader: Loader) -> tuple[TextEncoder | None, list[str]]:
    """The best that is installed for "auto", which downloads nothing; one of TEXT_ENCODERS by name; none for "none".

    None: photos are not searched by what they show.
    """
    if name == "none":
        return None, []
    models = read_manifest(loader.manifest)
    present = (kind for kind, model in TEXT_ENCODERS.items() if find(models[model], loader.models).state != "missing")
    notices: list[str] = []
    for kind in present if name == "auto" else [name]:
        try:
            return _text_encoder(kind, loader), [*notices, *(_better(kind, models) if name == "auto" else [])]
        except ModelError as error:
            notices.append(str(error))
    return None, [*notices, _none(models)]


def text_encoders_here(loader: Loader) -> list[TextEncoder]:
    """Every text encoder that is installed and can be opened, the best first."""
    here = replace(loader, fetch=False)
    return [encoder for kind in TEXT_ENCODERS if (encoder := open_text_encoder(kind, here)[0])]


def _text_encoder(kind: str, loader: Loader) -> LocalTextEncoder:
    from unipic.vision.text import KINDS, LocalTextEncoder

    cutoffs = read_cutoffs(loader.manifest.with_name(CUTOFFS))
    made = loader.open(
        TEXT_ENCODERS[kind], lambda files: LocalTextEncoder(files[0].parent, KINDS[kind], loader.device, cutoffs)
    )
    return made.telling(loader.progress)


def _better(kind: str, models: dict[str, Model]) -> list[str]:
    """What to say where a lesser text encoder is used than there could be."""
    best, used = (models[TEXT_ENCODERS[one]] for one in (next(iter(TEXT_ENCODERS)), kind))
    if best is used:
        return []
    return [
        _(
            "Photos are searched with {used}. {best} finds more, in a hundred languages: {offer}",
            used=used.label,
            best=best.label,
            offer=_offer([best]),
        )
    ]


def _none(models: dict[str, Model]) -> str:
    offered = [models[name] for name in TEXT_ENCODERS.values() if models[name].asked]
    return _("To search by what photos show, get a model: {offer}", offer=_offer(offered))


def _offer(models: Sequence[Model]) -> str:
    """Names and sizes, and how to get them."""
    named = _(" or ").join(f"{model.label} ({size(model.size)})" for model in models)
    return _("{models}, on the Models page or by the command models fetch", models=named)


def open_words(fine: bool = False, manifest: Path = MANIFEST) -> WordReader:
    """The reader of words in pictures; `fine`: of small ones, as on screens.

    ModelError if its package is missing or damaged; nothing takes its place.
    """
    from unipic.vision.ocr import WordReader

    loader = _shipped(manifest, "fine" if fine else "cpu")
    return loader.open(WORDS, lambda files: WordReader(files[0], files[1], fine))


def open_faces(manifest: Path = MANIFEST) -> FaceFinder:
    """The finder of faces. ModelError if OpenCV or its file is missing or damaged; nothing takes its place."""
    from unipic.vision.faces import FaceFinder

    return _shipped(manifest).open(FACES, lambda files: FaceFinder(files[0]))


def open_face_encoder(device: str = "auto", manifest: Path = MANIFEST) -> FaceEncoder | OwnFaceEncoder:
    """What tells faces apart: the one that a person put into the models folder, or dlib's.

    ModelError if a library or its file is missing or damaged; nothing takes its place.
    """
    from unipic.vision.face_net import FaceEncoder
    from unipic.vision.own_faces import OwnFaceEncoder, read_own

    folder = models_folder()
    if own := read_own(folder):
        path = folder / own.file
        require(own.model(path.stat().st_size if path.is_file() else 0), folder)
        return OwnFaceEncoder(own, path)
    return _shipped(manifest, device).open(FACE_ENCODER, lambda files: FaceEncoder(files[0], files[1], device))


def open_eyes(manifest: Path = MANIFEST) -> EyeReader:
    """What tells open eyes and smiles. ModelError if a library or its file is missing or damaged."""
    from unipic.vision.eyes import EyeReader

    return _shipped(manifest).open(EYES, lambda files: EyeReader(files[0]))


def face_encoder_key() -> str:
    """The key of the vectors of open_face_encoder(), also where it cannot be opened."""
    from unipic.vision.face_net import key_of
    from unipic.vision.own_faces import read_own

    if own := read_own(models_folder()):
        return own.key
    return key_of(read_manifest()[FACE_ENCODER].forms[0].files[0].sha256)


def inventory(models_dir: Path, manifest: Path = MANIFEST) -> list[tuple[Model, Status]]:
    """Every known model with its status."""
    return [(model, find(model, models_dir)) for model in read_manifest(manifest).values()]


def _instead(error: ModelError, substitute: str) -> str:
    if isinstance(error, ModelMissing):
        return kept(
            "{error}: using {substitute}. {fetch} gets it when you are online.",
            error=error,
            substitute=substitute,
            fetch=FETCH,
        )
    return kept("{error} Until then {substitute} is used.", error=error, substitute=substitute)


def _wait_turn(model: Model, progress: Progress) -> None:
    """Take the lock, reporting the wait. One model is opened at a time, so two runs download it once."""
    while not _opening.acquire(timeout=0.25):
        progress(Step(kept("Waiting for {model}", model=model.label), 0, 0))


def _installed(model: Model) -> None:
    """Raise ModelError if a library is not installed. A broken one shows when it is imported."""
    for library in NEEDS[model.name]:
        if find_spec(library) is None:
            raise ModelError(
                kept("{model} needs {library}: {install}.", model=model.label, library=library, install=INSTALL)
            )
