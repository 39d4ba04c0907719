import re
from pathlib import Path
from typing import Any

import pytest

from unipic.core.errors import SettingsError
from unipic.core.settings import (
    FAULTS,
    PRESETS,
    PROJECT,
    Settings,
    changed,
    data_folder,
    load_config,
    models_folder,
    seconds,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("near", 0.0),
        ("near", 0.9),  # a cosine
        ("near", 101.0),
        ("grouping", "kmeans"),
        ("near", float("nan")),
        ("similar", -0.5),
        ("preset", "glamour"),
        ("time_window", 0.0),
        ("time_window", -1.0),
        ("time_window", float("nan")),
        ("time_window", float("inf")),
        ("workers", -1),
        ("encoder", "resnet"),
        ("ranker", "gpt"),
        ("device", "tpu"),
        ("near_bits", -1),
        ("near_bits", 257),
        ("max_pixels", 0),
        ("max_scans", -3),
        ("photo_seconds", float("nan")),
        ("worker_memory", 0),
        ("engine", "spark"),
        ("ray_address", "head:6379"),  # without the engine
        ("ray_store", "s3://bucket/photos"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name.replace("_", ".")):
        Settings.of(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("near", "0.9"),
        ("near", True),
        ("workers", 2.5),
        ("workers", True),
        ("fetch", 1),
        ("prompt", None),
        ("device", 3),
    ],
)
def test_a_value_of_another_kind_is_named(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"{name} cannot be"):
        Settings.of(**{name: value})


def test_an_unknown_setting_is_named_beside_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"no setting 'similarty'; there are .*similar"):
        Settings.of(similarty=0.9)


def test_whole_numbers_are_numbers() -> None:
    settings = Settings.of(near=1, time_window=48, photo_seconds=3)
    assert (settings.thresholds.near, settings.thresholds.time_window, settings.limits.photo_seconds) == (1, 48, 3)


def test_nothing_means_any_time() -> None:
    assert changed(Settings.of(time_window=9.0), {"time_window": None}) == Settings()


def test_the_wish_is_the_person_s_own_words_or_the_preset() -> None:
    assert Settings.of(preset="landscape").ranking.wish == PRESETS["landscape"]
    assert Settings.of(preset="landscape", prompt="  my dog ").ranking.wish == "my dog"
    assert Settings.of(prompt="  ").ranking.wish == PRESETS["general"]


# Of bodies and looks, of age, and of who somebody is.
BANNED = """
    body bodies skin complexion slim thin fat heavy tall short curvy figure beautiful pretty handsome attractive sexy
    hot flawless perfect ugly symmetrical makeup hair eye eyes nose lips teeth smile smiling expression
    young youthful old elderly age child
    man men woman women boy boys girl girls male female lady person race white black brown asian european african
"""


@pytest.mark.parametrize("words", [*PRESETS.values(), *FAULTS])
def test_no_prompt_of_ours_judges_people(words: str) -> None:
    assert not set(re.findall(r"[a-z']+", words.lower())) & set(BANNED.split())


def test_every_prompt_speaks_of_a_photograph() -> None:
    assert all(re.search(r"\b(photo|snapshot)\b", words) for words in (*PRESETS.values(), *FAULTS))
    assert len({*PRESETS.values(), *FAULTS}) == len(PRESETS) + len(FAULTS)


def test_the_prompts_are_documented_word_for_word() -> None:
    docs = (PROJECT / "docs" / "models.md").read_text(encoding="utf-8")
    assert [words for words in (*PRESETS.values(), *FAULTS) if words not in docs] == []


def test_the_aesthetic_head_is_asked_for_by_name(tmp_path: Path) -> None:
    assert not Settings().ranking.aesthetic
    assert Settings.of(aesthetic=True).ranking.aesthetic
    path = tmp_path / "unipic.toml"
    path.write_text("aesthetic = true")
    assert load_config(path) == Settings.of(aesthetic=True)


@pytest.mark.parametrize("value", ["yes", 1, 0.3, None])
def test_the_aesthetic_head_is_on_or_off(value: object) -> None:
    with pytest.raises(SettingsError, match="aesthetic cannot be"):
        Settings.of(aesthetic=value)


@pytest.mark.parametrize(("text", "expected"), [("48s", 48), ("2m", 120), ("1h", 3600), ("48", 48), ("1.5m", 90)])
def test_lengths_of_time(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "s", "soon", "2 days", "1m30s", "m5"])
def test_what_is_no_length_of_time_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=f"'{text}' is no length of time"):
        seconds(text)


def test_a_config_file(tmp_path: Path) -> None:
    path = tmp_path / "unipic.toml"
    path.write_text('similar = 93\npreset = "portrait"\nworkers = 1\n')
    assert load_config(path) == Settings.of(similar=93, preset="portrait", workers=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"similar = ", "is not valid TOML"),
        (b"\xff\xfe", "is not valid TOML"),
        (b"colour = 1", "no setting 'colour'"),
        (b'near = "high"', "near cannot be 'high'"),
        (b"[near]\nx = 1", "near cannot be"),
        (None, "cannot be read: No such file"),
    ],
)
def test_what_is_wrong_with_a_config_file_is_said(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "unipic.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        load_config(path)


def test_a_folder_is_no_config_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_config(tmp_path)


def test_folders_are_the_project_s_or_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIPIC_MODELS", raising=False)
    monkeypatch.delenv("UNIPIC_DATA", raising=False)
    assert models_folder() == PROJECT / "models"
    assert data_folder() == PROJECT / ".unipic"
    monkeypatch.setenv("UNIPIC_MODELS", "/m")
    monkeypatch.setenv("UNIPIC_DATA", "/d")
    assert (models_folder(), data_folder()) == (Path("/m"), Path("/d"))


@pytest.mark.parametrize("address", ["", "local"])
def test_ray_on_this_machine_needs_no_more(address: str) -> None:
    assert Settings.of(engine="ray", ray_address=address).machine.ray_store == ""


@pytest.mark.parametrize("address", ["head", "ray://head:10001", "head:port", "a b:6379", "http://head:6379"])
def test_a_cluster_is_named_by_host_and_port(address: str) -> None:
    with pytest.raises(SettingsError, match="host:port"):
        Settings.of(engine="ray", ray_address=address, ray_store="/shared")


def test_a_cluster_needs_a_store_that_its_nodes_share() -> None:
    with pytest.raises(SettingsError, match=r"ray_store.*all of its nodes share"):
        Settings.of(engine="ray", ray_address="head:6379")
    assert Settings.of(engine="ray", ray_address="head:6379", ray_store="s3://bucket/photos").machine.engine == "ray"
