"""From files to a clean album, with made-up pictures. Each mishap of earlier programs is named by what prevents it."""

import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.helpers.accepted import accept_all
from tests.helpers.checkpoints import make_clip, make_mobilenet
from tests.helpers.pictures import PlainEncoder, blurred, save, scene, shaken, xmp
from tests.helpers.raws import raw_photo
from tests.helpers.shots import place, resized, saved, shot

from unipic.cleanup._alignment import Sketch, align
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import VERSION, cleanup_to_dict
from unipic.cleanup.result import Cleanup
from unipic.core.errors import Cancelled, ModelError
from unipic.core.grouping import GROUPINGS
from unipic.core.photo import Gallery
from unipic.core.progress import Step, silent
from unipic.core.settings import Settings
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.zip import ZipDestination
from unipic.library.index import NO_INDEX
from unipic.library.indexing import gather, remembered, see
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.review.choices import NONE, Choice, Choices
from unipic.review.ledger import report
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.review.rules import Rules
from unipic.sources.folder import FolderSource
from unipic.sources.upload import UploadSource
from unipic.tools import Tools
from unipic.vision.clip import ClipScorer
from unipic.vision.mobilenet import MobileNetEncoder
from unipic.vision.text import OPENAI, LocalTextEncoder
from utils import arrange, clean_gallery, examine, weigh

pytestmark = pytest.mark.slow

Run = Callable[..., Cleanup]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture
def clean(photos: Path, tmp_path: Path) -> Run:
    def run(source: Any = None, settings: Settings = Settings(), progress: Any = silent, **tools: Any) -> Cleanup:  # noqa: B008
        with_what = {"encoder": PlainEncoder(), "scorer": None, "engine": InlineEngine(), **tools}
        at_hand = Tools(thumbnails=Thumbnails(tmp_path / "thumbs"), **with_what)
        return clean_gallery(source or FolderSource([photos]), at_hand, settings, progress)

    return run


def names(photos: Sequence[Any]) -> list[str]:
    return sorted(photo.name for photo in photos)


def copies(cleanup: Cleanup) -> dict[str, tuple[str, str]]:
    return {copy.name: (lane.kind, lane.keeper.name) for lane in cleanup.lanes for copy in lane.copies}


def album(cleanup: Cleanup, tmp_path: Path, choices: Choices = NONE) -> dict[str, bytes]:
    target = tmp_path / "album.zip"
    export(ZipDestination(target, replace=True), outcomes(propose(cleanup), choices))
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def state(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(p): (p.read_bytes(), p.stat().st_mtime_ns, p.stat().st_mode) for p in found}


def small_album(photos: Path) -> None:
    """Two places, a burst of three at the first, copies of the second in three kinds, and two files that are none."""
    beach, tower = scene(1), scene(2)
    save(beach, photos / "beach 1.jpg", quality=95)
    save(shaken(beach, 12), photos / "beach 2.jpg", quality=95)
    save(blurred(shaken(beach, 26)), photos / "beach 3.jpg", quality=95)
    save(tower, photos / "tower.png")
    shutil.copy(photos / "tower.png", photos / "tower copy.png")
    save(tower, photos / "sent" / "tower from a friend.jpg", quality=60)
    save(tower.resize((320, 240)), photos / "tower.jpg", quality=90)
    save(scene(3), photos / "deep" / "deeper" / "alone.webp")
    (photos / "notes.txt").write_text("not a photo")
    (photos / "cut short.jpg").write_bytes((photos / "beach 1.jpg").read_bytes()[:9000])


def test_a_raw_photo_is_never_a_copy_of_what_was_made_of_it(clean: Run, photos: Path) -> None:
    raw_photo(photos / "DSC_1.DNG")
    save(scene(1, 960, 640), photos / "developed, larger and by its own name.jpg", quality=98)
    save(scene(1, 480, 320), photos / "small.jpg", quality=70)
    save(scene(2), photos / "other.jpg")
    (photos / "DSC_1.xmp").write_text("<x:xmpmeta/>")
    found = clean()
    assert copies(found) == {
        "developed, larger and by its own name.jpg": ("near", "DSC_1.DNG"),
        "small.jpg": ("near", "DSC_1.DNG"),
    }
    assert {photo.name: names(photo.companions) for photo in found.gallery.photos if photo.companions} == {
        "DSC_1.DNG": ["DSC_1.xmp"]
    }
    engine = LocalEngine(workers=2, seconds=60)
    try:
        assert clean(engine=engine) == found
    finally:
        engine.close()


def test_the_whole_story(clean: Run, photos: Path, tmp_path: Path) -> None:
    small_album(photos)
    before = state(photos)
    cleanup = clean()
    assert copies(cleanup) == {
        "tower copy.png": ("exact", "tower.png"),
        "tower.jpg": ("near", "tower.png"),
        "sent/tower from a friend.jpg": ("near", "tower.png"),
    }
    (moment,) = cleanup.clusters
    assert names(moment.photos) == ["beach 1.jpg", "beach 2.jpg", "beach 3.jpg"]
    assert moment.photos[-1].name == "beach 3.jpg"
    assert "(" in moment.reason  # with the numbers
    assert names(cleanup.singles) == ["deep/deeper/alone.webp", "tower.png"]
    assert names(cleanup.gallery.unreadable) == ["cut short.jpg", "notes.txt"]
    assert all(Thumbnails(tmp_path / "thumbs").load(photo.digest).shape for photo in cleanup.gallery.photos)

    kept = album(cleanup, tmp_path, accept_all(propose(cleanup)))
    assert set(kept) == {moment.best.name, "deep/deeper/alone.webp", "tower.png", "cut short.jpg", "notes.txt"}
    assert all(data == (photos / name).read_bytes() for name, data in kept.items())
    assert state(photos) == before


def test_processes_give_the_same_answer(clean: Run, photos: Path) -> None:
    small_album(photos)
    engine = LocalEngine(workers=2, seconds=60)
    try:
        assert cleanup_to_dict(clean(engine=engine)) == cleanup_to_dict(clean())
    finally:
        engine.close()


def test_a_second_look_gives_the_same_answer(clean: Run, photos: Path) -> None:
    small_album(photos)
    assert cleanup_to_dict(clean()) == cleanup_to_dict(clean())


def test_progress_is_told_stage_by_stage(clean: Run, photos: Path) -> None:
    small_album(photos)
    steps: list[Step] = []
    clean(progress=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    expected = ["Finding files", "Reading photos", "Finding likely pairs", "Comparing photos"]
    assert stages == [*expected, "Checking copies at full size"]
    assert [step.done for step in steps if step.stage == "Reading photos"] == list(range(11))


def test_a_model_that_is_asked_tells_how_far_it_is(clean: Run, photos: Path) -> None:
    small_album(photos)
    steps: list[Step] = []
    clean(scorer=Wishes(), progress=steps.append)
    assert steps[-1].stage == "Choosing the best shots"
    assert steps[-1].total == 3


def test_every_stage_was_announced(clean: Run, photos: Path) -> None:
    """A stage under another name would have no part in the bar over all of them."""
    small_album(photos)
    steps: list[Step] = []
    clean(scorer=Wishes(), progress=steps.append)
    came = {step.stage for step in steps[1:]}
    assert came <= {stage.name for stage in steps[0].ahead}
    assert len(came) == 5


def test_a_person_can_stop_it(clean: Run, photos: Path) -> None:
    small_album(photos)

    def stop(step: Step) -> None:
        if step.done == 3:
            raise Cancelled("stopped")

    before = state(photos)
    with pytest.raises(Cancelled):
        clean(progress=stop)
    assert state(photos) == before


# What earlier programs did


@pytest.mark.parametrize("folder", ["", "walks in Hawaii/"])
def test_a_thumbnail_never_outlives_its_photo_whatever_they_are_called(folder: str, clean: Run, photos: Path) -> None:
    """Names with "wa" in them were taken for WhatsApp copies, and the large one was deleted."""
    large = scene(1, 1600, 1200)
    save(large, photos / folder / "Hawaii_4000px.jpg", quality=95)
    save(large.resize((80, 60)), photos / folder / "thumb.jpg", quality=90)
    cleanup = clean()
    assert (
        names([*cleanup.singles, *(p for c in cleanup.clusters for p in c.photos)])[0] == f"{folder}Hawaii_4000px.jpg"
    )
    assert all(lane.keeper.name == f"{folder}Hawaii_4000px.jpg" for lane in cleanup.lanes)
    proposal = propose(cleanup)
    kept = [o.file.name for o in outcomes(proposal, accept_all(proposal)) if o.fate == "kept"]
    assert f"{folder}Hawaii_4000px.jpg" in kept


def test_a_shared_name_does_not_make_two_pictures_one(clean: Run, photos: Path) -> None:
    save(scene(1), photos / "IMG_1.jpg")
    save(scene(2, 320, 240), photos / "IMG_1.png")
    cleanup = clean()
    assert cleanup.lanes == ()
    assert names(cleanup.singles) == ["IMG_1.jpg", "IMG_1.png"]


def test_files_of_one_name_that_cannot_be_read_all_stay(clean: Run, photos: Path, tmp_path: Path) -> None:
    for suffix in ("jpg", "heic", "png"):
        (photos / f"IMG_1.{suffix}").write_bytes(b"broken " + suffix.encode())
    assert len(album(clean(), tmp_path)) == 3


def test_a_damaged_photo_stays_and_is_told_of(clean: Run, photos: Path, tmp_path: Path) -> None:
    save(scene(1), photos / "fine.jpg")
    data = (photos / "fine.jpg").read_bytes()
    (photos / "damaged.jpg").write_bytes(data[: len(data) // 2])
    (photos / "empty.jpg").write_bytes(b"")
    cleanup = clean()
    reasons = {file.name: file.reason for file in cleanup.gallery.unreadable}
    assert reasons["empty.jpg"] == "is empty (0 bytes)"
    assert "of the picture is missing" in reasons["damaged.jpg"]
    assert set(album(cleanup, tmp_path)) == {"fine.jpg", "damaged.jpg", "empty.jpg"}
    assert (photos / "damaged.jpg").exists()


def test_nothing_is_a_copy_by_a_chain(clean: Run, photos: Path) -> None:
    """A camera that pans: each frame is like the next, the last is not like the first."""
    wide = scene(1, 2400, 480)
    for i in range(12):
        save(wide.crop((i * 120, 0, i * 120 + 640, 480)), photos / f"{i:02}.jpg", quality=95)
    cleanup = clean()
    decided = outcomes(propose(cleanup), accept_all(propose(cleanup)))
    kept = {o.file.name for o in decided if o.fate == "kept"}
    assert len(cleanup.clusters) + len(cleanup.lanes) > 0
    assert len(kept) > 1

    def frame(name: str) -> Sketch:
        with Image.open(photos / name) as picture:
            return Sketch(np.asarray(picture), 640)

    for outcome in decided:
        if outcome.fate == "set aside":
            assert {photo.name for photo in outcome.instead} <= kept
            assert any(align(frame(photo.name), frame(outcome.file.name)) for photo in outcome.instead)


def test_names_of_one_s_own_stay_whatever_they_say(clean: Run, photos: Path, tmp_path: Path) -> None:
    """ "best_" was cut out of names, and files called so were taken for recommendations."""
    beach = scene(1)
    save(blurred(shaken(beach)), photos / "best_man.jpg", quality=95)
    save(beach, photos / "my_best_day.jpg", quality=95)
    cleanup = clean()
    assert set(album(cleanup, tmp_path)) == {"best_man.jpg", "my_best_day.jpg"}
    assert [cluster.best.name for cluster in cleanup.clusters] == ["my_best_day.jpg"]


def test_two_files_of_one_name_are_both_in_the_album(clean: Run, photos: Path, tmp_path: Path) -> None:
    """A flat ZIP held two entries of one name, and one was lost on unpacking."""
    roots = [photos / "phone" / "DCIM", photos / "camera" / "DCIM"]
    for number, root in enumerate(roots):
        save(scene(number), root / "a.jpg")
    both = album(clean(FolderSource(roots)), tmp_path)
    assert len(both) == 2
    assert {hashlib.sha256(data).digest() for data in both.values()} == {
        hashlib.sha256((root / "a.jpg").read_bytes()).digest() for root in roots
    }


@dataclass(frozen=True)
class Sent:
    id: str
    name: str
    size: int


def test_two_uploads_of_one_name_do_not_overwrite_each_other(clean: Run, photos: Path, tmp_path: Path) -> None:
    uploads = []
    for number, key in enumerate(("0a1b2c3d", "4e5f6a7b")):
        path = save(scene(number), photos / key, format="JPEG")
        uploads.append(Sent(key, "IMG_0001.jpg", path.stat().st_size))
    cleanup = clean(UploadSource(photos, uploads))
    assert set(album(cleanup, tmp_path)) == {"IMG_0001.jpg", "IMG_0001 (2).jpg"}


def test_an_album_without_groups_is_finished_like_any_other(clean: Run, photos: Path, tmp_path: Path) -> None:
    for number in range(3):
        save(scene(number), photos / f"{number}.jpg")
    cleanup = clean()
    assert cleanup.clusters == ()
    choices = accept_all(propose(cleanup))
    assert report(propose(cleanup), choices).agreement is None
    assert len(album(cleanup, tmp_path, choices)) == 3


def test_an_empty_folder(clean: Run, tmp_path: Path) -> None:
    cleanup = clean()
    assert cleanup.gallery.photos == ()
    assert album(cleanup, tmp_path) == {}
    assert report(propose(cleanup)).before == 0


def test_one_photo(clean: Run, photos: Path, tmp_path: Path) -> None:
    save(scene(1), photos / "a.jpg")
    assert set(album(clean(), tmp_path)) == {"a.jpg"}


def test_a_folder_of_broken_files_only(clean: Run, photos: Path, tmp_path: Path) -> None:
    for number in range(3):
        (photos / f"{number}.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100 + number))
    cleanup = clean()
    assert cleanup.gallery.photos == ()
    assert len(cleanup.gallery.unreadable) == len(album(cleanup, tmp_path)) == 3


def test_the_same_bytes_are_found_whatever_the_files_are_called(clean: Run, photos: Path) -> None:
    save(scene(1), photos / "IMG_1.jpg")
    shutil.copy(photos / "IMG_1.jpg", photos / "IMG-20240101-WA0001.jpg")
    assert copies(clean()) == {"IMG-20240101-WA0001.jpg": ("exact", "IMG_1.jpg")}


@pytest.mark.parametrize("copy", ["IMG_1 copy.jpg", "IMG_1 (1).jpg", "Copy of IMG_1.jpg", "A/IMG_1.jpg"])
def test_of_the_same_bytes_the_one_with_the_plain_name_stays(copy: str, clean: Run, photos: Path) -> None:
    save(scene(1), photos / "IMG_1.jpg")
    (photos / "A").mkdir()
    shutil.copy(photos / "IMG_1.jpg", photos / copy)
    assert copies(clean()) == {copy: ("exact", "IMG_1.jpg")}


def test_copies_are_shown_with_a_reason_before_anything_is_left_out(clean: Run, photos: Path, tmp_path: Path) -> None:
    save(scene(1), photos / "a.png")
    save(scene(1), photos / "b.jpg", quality=50)
    cleanup = clean()
    (near,) = cleanup.near
    assert near.reasons[0].startswith("the same picture as a.png (whole; ")
    assert "which stays: less compressed (quality 100 against 50)" in near.reasons[0]
    (group,) = propose(cleanup).groups
    assert group.words[1] == near.reasons[0]
    taken_back = {group.id: Choice(group.ids)}
    assert set(album(cleanup, tmp_path, taken_back)) == {"a.png", "b.jpg"}


def test_photos_are_turned_upright_before_they_are_compared(clean: Run, photos: Path) -> None:
    picture = scene(1)
    save(picture, photos / "upright.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: a viewer turns the picture by 90 degrees
    save(picture.transpose(Image.Transpose.ROTATE_90), photos / "turned.jpg", quality=90, exif=exif)
    assert copies(clean()) == {"turned.jpg": ("near", "upright.jpg")}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "bmp", "tif", "heif", "avif"])
def test_every_format_is_found_in_every_depth(suffix: str, clean: Run, photos: Path) -> None:
    save(scene(1), photos / "a" / "b" / f"c.{suffix}")
    assert names(clean().singles) == [f"a/b/c.{suffix}"]


class Wishes:
    """Likes what is dark, and counts how often it is asked."""

    name = "wishes"
    label = "wishes (tests)"
    key = "wishes"
    names = ("wish",)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        self.asked.append(prompt)
        return np.array([[-float(picture.mean())] for picture in pictures])


def test_a_person_s_own_words_decide_and_the_model_is_asked_once_for_all(clean: Run, photos: Path) -> None:
    for number in (1, 2):
        save(scene(number), photos / f"{number} bright.jpg", quality=95)
        dark = shaken(scene(number)).point(lambda value: int(value * 0.93))
        save(dark, photos / f"{number} dark.jpg", quality=95)
    scorer = Wishes()
    cleanup = clean(settings=Settings.of(prompt="the dark one"), scorer=scorer)
    assert sorted(cluster.best.name for cluster in cleanup.clusters) == ["1 dark.jpg", "2 dark.jpg"]
    assert scorer.asked == ["the dark one"]
    assert cleanup.ranker == "wishes (tests)"


def test_copies_can_be_reviewed_while_a_model_is_still_asked_about_the_shots(photos: Path, tmp_path: Path) -> None:
    """What is known by then has all copies and all moments; only which shot is best may change."""
    small_album(photos)
    told: list[tuple[Evidence, int]] = []
    scorer = Wishes()
    tools = Tools(PlainEncoder(), scorer, InlineEngine(), Thumbnails(tmp_path / "thumbs"))
    source, settings = FolderSource([photos]), Settings.of(prompt="the dark one")
    last = examine(source, tools, settings, compared=lambda found: told.append((found, len(scorer.asked))))
    ((first, asked),) = told
    assert (first.ranked, asked) == (False, 0)
    assert (last.ranked, len(scorer.asked)) == (True, 1)
    before, after = arrange(first, settings.thresholds), arrange(last, settings.thresholds)
    assert (before.exact, before.near, before.singles) == (after.exact, after.near, after.singles)
    assert [{p.id for p in c.photos} for c in before.clusters] == [{p.id for p in c.photos} for c in after.clusters]
    assert first.scores == {}
    assert set(last.scores["wish"]) == {photo.id for cluster in after.clusters for photo in cluster.photos}


def test_a_model_that_cannot_be_loaded_after_all_is_replaced_in_plain_sight(clean: Run, photos: Path) -> None:
    class Broken(Wishes):
        def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
            raise ModelError("CLIP cannot be loaded: make room.")

    small_album(photos)
    found, without = clean(scorer=Broken()), clean()
    assert found.notices == ("CLIP cannot be loaded: make room. Until then the built-in ranking is used.",)
    assert (found.clusters, found.ranker) == (without.clusters, without.ranker)


def test_without_a_model_there_is_nothing_to_begin_before(photos: Path, tmp_path: Path) -> None:
    small_album(photos)
    tools = Tools(PlainEncoder(), None, InlineEngine(), Thumbnails(tmp_path / "thumbs"))
    told: list[Evidence] = []
    assert examine(FolderSource([photos]), tools, Settings(), compared=told.append).ranked
    assert told == []


def test_real_networks_from_end_to_end(clean: Run, photos: Path, tmp_path: Path) -> None:
    """MobileNet and CLIP themselves with weights made on the spot: what they say is chance, that they say it is not."""
    for number in range(3):
        save(scene(number), photos / f"{number}.jpg")
        save(shaken(scene(number)), photos / f"{number} again.jpg")
    encoder = MobileNetEncoder(make_mobilenet(tmp_path / "mobilenet")[0], "cpu")
    scorer = ClipScorer(LocalTextEncoder(make_clip(tmp_path / "clip"), OPENAI, "cpu"))
    cleanup = clean(settings=Settings.of(preset="landscape", near=100.0, similar=1.0), encoder=encoder, scorer=scorer)
    assert cleanup.clusters
    assert cleanup.ranker == scorer.label
    for cluster in cleanup.clusters:
        assert list(cluster.scores) == sorted(cluster.scores, reverse=True)
        assert cluster.reason
        assert 0.5 <= cluster.certainty <= 1


def test_what_is_used_instead_of_what_stands_in_the_result(clean: Run, photos: Path) -> None:
    save(scene(1), photos / "a.jpg")
    cleanup = clean(notices=("CLIP is not here: using the built-in ranking.",))
    assert cleanup.notices == ("CLIP is not here: using the built-in ranking.",)
    assert cleanup.encoder == "plain (tests)"
    assert cleanup.ranker.startswith("what is measured")


def test_limits_are_the_same_for_every_encoder_unless_a_person_says_otherwise(clean: Run, photos: Path) -> None:
    small_album(photos)
    assert clean().similar == Settings().thresholds.similar
    strict = clean(settings=Settings.of(similar=100.0, near=100.0))
    assert strict.similar == 100.0
    assert all(lane.kind == "exact" for lane in strict.lanes)
    # What may not be called a copy is one moment still, and the burst is not that alike.
    (towers,) = strict.clusters
    assert names(towers.photos) == ["sent/tower from a friend.jpg", "tower.jpg", "tower.png"]


def test_a_time_window_separates_what_looks_alike(clean: Run, photos: Path) -> None:
    for number, time in enumerate(("2024:06:12 12:00:00", "2024:06:12 12:00:30", "2024:06:13 12:00:00")):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = time
        save(shaken(scene(1), 1 + 12 * number), photos / f"{number}.jpg", quality=95, exif=exif)
    (moment,) = clean(settings=Settings.of(time_window=48)).clusters
    assert names(moment.photos) == ["0.jpg", "1.jpg"]
    times = [photo.taken for photo in moment.photos if photo.taken]
    assert max(times) - min(times) == timedelta(seconds=30)
    assert len(clean().clusters[0].photos) == 3


def test_the_result_is_one_json_object(clean: Run, photos: Path) -> None:
    small_album(photos)
    assert json.loads(json.dumps(cleanup_to_dict(clean())))["version"] == VERSION


@pytest.mark.parametrize("grouping", sorted(GROUPINGS))
def test_the_order_of_the_files_changes_nothing(grouping: str, photos: Path, tmp_path: Path) -> None:
    small_album(photos)
    tools = Tools(PlainEncoder(), None, InlineEngine(), Thumbnails(tmp_path / "thumbs"))
    settings = Settings.of(grouping=grouping)
    files = list(FolderSource([photos]).files())
    new = partial(see, engine=tools.engine, encoder=tools.encoder, limits=settings.limits)
    gallery, embeddings = gather(files, remembered(files, new, tools.engine, NO_INDEX, tools.thumbnails, ""))
    first = arrange(weigh(gallery, embeddings, tools, settings), settings.thresholds)
    assert [len(lanes) for lanes in (first.exact, first.near, first.clusters)] == [1, 1, 1]
    for seed in range(3):
        shuffled = random.Random(seed).sample(gallery.photos, len(gallery.photos))
        mixed = Gallery(tuple(shuffled), gallery.unreadable)
        again = arrange(weigh(mixed, embeddings.of(shuffled), tools, settings), settings.thresholds)
        assert (again.exact, again.near, again.clusters) == (first.exact, first.near, first.clusters)
        assert set(again.singles) == set(first.singles)


def test_a_rated_copy_stays_until_a_person_says_otherwise(clean: Run, photos: Path) -> None:
    save(scene(1), photos / "large.png")
    rated = xmp('xmp:Rating="5"')
    save(resized(scene(1), 0.5), photos / "rated.jpg", quality=90, xmp=rated)
    cleanup = clean()
    assert copies(cleanup) == {"rated.jpg": ("near", "large.png")}
    (outcome,) = (o for o in outcomes(propose(cleanup)) if o.file.name == "rated.jpg")
    assert outcome.fate == "kept"
    assert outcome.reason.startswith("rated 5 stars; the same picture as large.png")


def test_thresholds_are_moved_without_another_look(clean: Run, photos: Path, tmp_path: Path) -> None:
    """The answer is that of a run made with them from the start."""
    small_album(photos)
    tools = Tools(PlainEncoder(), None, InlineEngine(), Thumbnails(tmp_path / "thumbs"))
    evidence = examine(FolderSource([photos]), tools, Settings())
    for changes in ({"similar": 70.0}, {"near": 100.0, "similar": 100.0}, {"grouping": "components"}):
        settings = Settings.of(**changes)  # type: ignore[arg-type]
        assert arrange(evidence, settings.thresholds) == clean(settings=settings)


def test_rules_decide_which_copy_stays_and_protect_what_they_name(clean: Run, photos: Path) -> None:
    small_album(photos)
    (photos / "prints").mkdir()
    shutil.copy(photos / "beach 3.jpg", photos / "prints" / "beach.jpg")
    proposal = propose(clean(), Rules(protect=("prints",), prefer=("sent",)))
    decided = {o.file.name: o for o in outcomes(proposal, accept_all(proposal))}
    assert {name for name, o in decided.items() if o.fate == "kept"} == {
        "prints/beach.jpg",
        "sent/tower from a friend.jpg",
        "deep/deeper/alone.webp",
    }
    assert names(decided["tower.png"].instead) == ["sent/tower from a friend.jpg"]
    assert names(decided["beach 1.jpg"].instead) == ["prints/beach.jpg"]


def test_a_second_shot_of_the_same_place_is_no_copy(clean: Run, photos: Path) -> None:
    """Laid on one another they agree in all but the noise, and the clocks say nothing."""
    for number in (1, 2):
        save(shot(place(1), number), photos / f"{number}.jpg", quality=95)
    save(saved(shot(place(1), 1), 80), photos / "sent.jpg", quality=80)
    cleanup = clean()
    assert copies(cleanup) == {"sent.jpg": ("near", "1.jpg")}
    (moment,) = cleanup.clusters
    assert names(moment.photos) == ["1.jpg", "2.jpg"]
