"""What either half of a text encoder costs: loading, memory, a picture, a query. Weights by chance, real size."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from unipic.core.progress import silent
from unipic.vision.device import wait_asleep
from unipic.vision.text import OPENAI, SIGLIP2, LocalTextEncoder

PICTURES, QUERIES = 64, 20
WORDS = "a dog running along a beach at sunset"


def run(_: int = 0) -> None:
    """Print the table. Each half is loaded in a process of its own."""
    print("## Text encoders\n")
    print("| | half | loaded in, s | memory, MB | CPU ms, one at a time |")
    print("|---|---|---:|---:|---:|")
    for kind, make in ((SIGLIP2, siglip2), (OPENAI, openai)):
        with tempfile.TemporaryDirectory(prefix="unipic-bench-") as folder:
            make(Path(folder))
            for half in ("pictures", "texts"):
                print(f"| {kind.label} | {half} | {_apart(kind.name, Path(folder), half)} |", flush=True)
    print()


def _apart(name: str, folder: Path, half: str) -> str:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds, memory, each = pool.apply(_measured, (name, folder, half))
    return f"{seconds:.1f} | {memory / 1e6:,.0f} | {each:.0f}"


def _measured(name: str, folder: Path, half: str) -> tuple[float, int, float]:
    """Seconds to load a half, the bytes it adds, and milliseconds of all processors for a picture or a query."""
    wait_asleep()
    import torch  # noqa: F401  not counted
    import transformers  # noqa: F401

    kind = {one.name: one for one in (SIGLIP2, OPENAI)}[name]
    encoder, process = LocalTextEncoder(folder, kind, "cpu"), psutil.Process()
    before, begun = process.memory_info().rss, time.perf_counter()
    loaded = encoder.pictures.network if half == "pictures" else encoder.texts.network
    loaded.get(silent)
    seconds = time.perf_counter() - begun
    if half == "pictures":
        pictures = [np.random.default_rng(n).integers(0, 256, (480, 640, 3), np.uint8) for n in range(PICTURES)]
        encoder.embed(pictures[:16])
        spent = _cpu_ms(lambda: encoder.embed(pictures)) / PICTURES
    else:
        encoder.embed_texts([WORDS])
        spent = median(_cpu_ms(lambda: encoder.embed_texts([WORDS])) for _ in range(QUERIES))
    return seconds, process.memory_info().rss - before, spent


def _cpu_ms(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def siglip2(folder: Path) -> None:
    """SigLIP2's files, with weights by chance."""
    from transformers import SiglipConfig, SiglipModel

    text, vision = {"vocab_size": 256_000}, {"image_size": 256, "patch_size": 32}
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    _tokenizer(folder)


def openai(folder: Path) -> None:
    """CLIP's files, with weights by chance."""
    from transformers import CLIPConfig, CLIPModel

    CLIPModel(CLIPConfig()).save_pretrained(folder)
    _tokenizer(folder)


def _tokenizer(folder: Path) -> None:
    """One that knows the query's words, so that a query has as many tokens as with the real one."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["<pad>", "<end>", *sorted(set(WORDS.split()))]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing("$A <end>", special_tokens=[("<end>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
