"""One network of a checkpoint at a time: CLIP's and SigLIP's in transformers' files, CLIP's in open_clip's.

OSError and ValueError say why a file does not hold the network that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import torch

Side = Literal["vision", "text"]

HEAD = 64  # width of an attention head in every network of open_clip's ViT-B
LEGACY_END = 2  # tells transformers that a text's end is its highest token, as in OpenAI's own checkpoint
OPEN_CLIP_LAYER = (
    ("ln_1", "layer_norm1"),
    ("ln_2", "layer_norm2"),
    ("attn.out_proj", "self_attn.out_proj"),
    ("mlp.c_fc", "mlp.fc1"),
    ("mlp.c_proj", "mlp.fc2"),
)
OPEN_CLIP_VISION = {
    "class_embedding": "embeddings.class_embedding",
    "conv1.weight": "embeddings.patch_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_pre.weight": "pre_layrnorm.weight",
    "ln_pre.bias": "pre_layrnorm.bias",
    "ln_post.weight": "post_layernorm.weight",
    "ln_post.bias": "post_layernorm.bias",
}
OPEN_CLIP_TEXT = {
    "token_embedding.weight": "embeddings.token_embedding.weight",
    "positional_embedding": "embeddings.position_embedding.weight",
    "ln_final.weight": "final_layer_norm.weight",
    "ln_final.bias": "final_layer_norm.bias",
}


@dataclass(frozen=True)
class Network:
    """A loaded network."""

    module: Any
    output: str  # the attribute of what it returns that holds the vectors

    @property
    def dtype(self) -> torch.dtype:
        """The number format of its input and weights."""
        kind: torch.dtype = self.module.dtype
        return kind

    def vectors(self, **inputs: torch.Tensor) -> torch.Tensor:
        """float32 [N, D], rows of length 1."""
        import torch

        rows: torch.Tensor = getattr(self.module(**inputs), self.output)
        return torch.nn.functional.normalize(rows.float(), dim=1)


def clip(folder: Path, side: Side, numbers: str) -> Network:
    """OpenAI's CLIP, from transformers' CLIPModel. `numbers`: the format to compute in, a name of torch."""
    from transformers import CLIPConfig, CLIPTextModelWithProjection, CLIPVisionModelWithProjection

    with quiet():
        config = CLIPConfig.from_pretrained(folder, local_files_only=True)
    own = getattr(config, f"{side}_config")
    own.projection_dim = config.projection_dim
    parts = ("vision_model.", "visual_projection.") if side == "vision" else ("text_model.", "text_projection.")
    kind = CLIPVisionModelWithProjection if side == "vision" else CLIPTextModelWithProjection
    entries = _entries(folder / "model.safetensors", parts)
    return Network(_filled(kind, own, entries, "quick_gelu", numbers), _CLIP_OUTPUT[side])


def siglip(folder: Path, side: Side, numbers: str) -> Network:
    """SigLIP and SigLIP2 of one size, from transformers' SiglipModel."""
    from transformers import SiglipConfig, SiglipTextModel, SiglipVisionModel

    with quiet():
        config = SiglipConfig.from_pretrained(folder, local_files_only=True)
    part = f"{side}_model."
    entries = _entries(folder / "model.safetensors", (part,))
    entries = {name.removeprefix(part): entry for name, entry in entries.items()}
    kind = SiglipVisionModel if side == "vision" else SiglipTextModel
    module = _filled(kind, getattr(config, f"{side}_config"), entries, "gelu_pytorch_tanh", numbers)
    return Network(module, "pooler_output")


def open_clip(folder: Path, side: Side, numbers: str) -> Network:
    """CLIP as open_clip stores it, with ordinary GELU; its sizes are those of its weights."""
    from transformers import (
        CLIPTextConfig,
        CLIPTextModelWithProjection,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    file = folder / "open_clip_model.safetensors"
    if side == "vision":
        found = {name.removeprefix("visual."): entry for name, entry in _entries(file, ("visual.",)).items()}
        entries = _renamed(found, OPEN_CLIP_VISION, "vision_model.")
        entries["visual_projection.weight"] = found["proj"].T.contiguous()
        patch = found["conv1.weight"].shape[-1]
        across = round((len(found["positional_embedding"]) - 1) ** 0.5)
        config = CLIPVisionConfig(patch_size=patch, image_size=patch * across, **_sizes(found, found["proj"].shape[1]))
        return Network(_filled(CLIPVisionModelWithProjection, config, entries, "gelu", numbers), _CLIP_OUTPUT[side])
    parts = ("transformer.", "token_embedding.", "positional_embedding", "ln_final.", "text_projection")
    found = _entries(file, parts)
    entries = _renamed(found, OPEN_CLIP_TEXT, "text_model.")
    entries["text_projection.weight"] = found["text_projection"].T.contiguous()
    reading = CLIPTextConfig(
        vocab_size=len(found["token_embedding.weight"]),
        max_position_embeddings=len(found["positional_embedding"]),
        eos_token_id=LEGACY_END,
        **_sizes(found, found["text_projection"].shape[1]),
    )
    return Network(_filled(CLIPTextModelWithProjection, reading, entries, "gelu", numbers), _CLIP_OUTPUT[side])


_CLIP_OUTPUT = {"vision": "image_embeds", "text": "text_embeds"}


def _sizes(found: dict[str, torch.Tensor], dimensions: int) -> dict[str, Any]:
    """Of a network in open_clip's names: its width, layers, heads and the rest of its configuration."""
    inner, width = found["transformer.resblocks.0.mlp.c_fc.weight"].shape
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": len([name for name in found if name.endswith("attn.in_proj_weight")]),
        "num_attention_heads": max(1, width // HEAD),
        "projection_dim": dimensions,
        "hidden_act": "gelu",
    }


def _renamed(found: dict[str, torch.Tensor], names: dict[str, str], part: str) -> dict[str, torch.Tensor]:
    """Entries in transformers' names; its three attention matrices are one of open_clip's."""
    entries = {part + new: found[old] for old, new in names.items()}
    for name, entry in found.items():
        layer = re.fullmatch(r"transformer\.resblocks\.(\d+)\.(.+)", name)
        if layer is None:
            continue
        here, rest = f"{part}encoder.layers.{layer[1]}.", layer[2]
        if rest.startswith("attn.in_proj_"):
            kind = rest.removeprefix("attn.in_proj_")
            for letter, third in zip("qkv", entry.chunk(3), strict=True):
                entries[f"{here}self_attn.{letter}_proj.{kind}"] = third.contiguous()
            continue
        for old, new in OPEN_CLIP_LAYER:
            if rest.startswith(f"{old}."):
                entries[here + new + rest.removeprefix(old)] = entry
    return entries


def _entries(file: Path, parts: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """Entries whose names begin with one of the parts. Only these are read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "pt") as weights:
            return {name: weights.get_tensor(name) for name in weights.keys() if name.startswith(parts)}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{file}: {error}") from error


def _filled(kind: Any, config: Any, entries: dict[str, torch.Tensor], activation: str, numbers: str) -> Any:
    """The network with these weights, all of them. ValueError if they do not fit, or its GELU is not the one it had.

    The kinds of GELU differ so little that a network with the wrong one loads, works, and finds less.
    """
    import torch

    if config.hidden_act != activation:
        raise ValueError(f"its config says {config.hidden_act}, and the model was taught with {activation}")
    with quiet():
        network, told = kind.from_pretrained(
            None,
            config=config,
            state_dict=entries,
            dtype=getattr(torch, numbers),
            output_loading_info=True,
            local_files_only=True,
        )
    wrong = [f"{name.replace('_', ' ')} {sorted(map(str, keys))[:3]}" for name, keys in told.items() if keys]
    if wrong:
        raise ValueError(f"the weights do not fit the network: {'; '.join(wrong)}")
    return network.eval()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers: loading a local file needs no progress bar, and unused entries no warning."""
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
