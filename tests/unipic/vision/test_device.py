"""How many threads torch uses."""

from collections.abc import Iterator

import pytest

from unipic.vision import device

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow  # imports torch


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    device._all_threads.cache_clear()
    yield
    torch.set_num_threads(before)
    device._all_threads.cache_clear()


@pytest.mark.parametrize(("torch_sees", "container", "share", "expected"), [(8, 2, 1, 2), (2, 8, 1, 2), (8, 4, 8, 1)])
def test_torch_keeps_to_the_containers_cores(
    torch_sees: int, container: int, share: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(torch_sees)
    monkeypatch.setattr(device, "cores", lambda: container)
    device.use_threads(share)
    assert torch.get_num_threads() == expected
