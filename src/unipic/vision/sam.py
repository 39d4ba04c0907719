"""SAM from a file: transformers' SamModel, or the checkpoints of segment_anything, whose sizes are in their weights.

OSError, ValueError and RuntimeError say why a file does not hold it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unipic.vision._checkpoints import quiet

if TYPE_CHECKING:
    import torch

FOLDER = "sam"  # in the models folder
# Names of segment_anything, as patterns, and transformers' names for them, applied in this order.
NAMES = (
    (r"^image_encoder\.", "vision_encoder."),
    (r"patch_embed\.proj\.", "patch_embed.projection."),
    (r"\.blocks\.", ".layers."),
    (r"^(vision_encoder.*)\.norm(\d)\.", r"\1.layer_norm\2."),
    (r"\.neck\.0\.", ".neck.conv1."),
    (r"\.neck\.1\.", ".neck.layer_norm1."),
    (r"\.neck\.2\.", ".neck.conv2."),
    (r"\.neck\.3\.", ".neck.layer_norm2."),
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix", "shared_image_embedding.positional_embedding"),
    (r"\.mask_downscaling\.0\.", ".mask_embed.conv1."),
    (r"\.mask_downscaling\.1\.", ".mask_embed.layer_norm1."),
    (r"\.mask_downscaling\.3\.", ".mask_embed.conv2."),
    (r"\.mask_downscaling\.4\.", ".mask_embed.layer_norm2."),
    (r"\.mask_downscaling\.6\.", ".mask_embed.conv3."),
    (r"\.point_embeddings\.", ".point_embed."),
    (r"^(mask_decoder\.transformer.*)\.norm(\d|_final_attn)\.", r"\1.layer_norm\2."),
    (r"\.norm_final_attn\.", ".layer_norm_final_attn."),
    (r"\.output_upscaling\.0\.", ".upscale_conv1."),
    (r"\.output_upscaling\.1\.", ".upscale_layer_norm."),
    (r"\.output_upscaling\.3\.", ".upscale_conv2."),
    (r"^(mask_decoder\.(?:output_hypernetworks_mlps\.\d+|iou_prediction_head))\.layers\.0\.", r"\1.proj_in."),
    (r"^(mask_decoder\.(?:output_hypernetworks_mlps\.\d+|iou_prediction_head))\.layers\.2\.", r"\1.proj_out."),
    (r"^(mask_decoder\.(?:output_hypernetworks_mlps\.\d+|iou_prediction_head))\.layers\.1\.", r"\1.layers.0."),
)
POSITIONS = "positional_embedding"  # of points: two entries for one of segment_anything


def checkpoint(models_dir: Path) -> Path | None:
    """The weights that a person put into FOLDER, as transformers or segment_anything store them; None without any."""
    folder = models_dir / FOLDER
    found = [folder / "model.safetensors"] if (folder / "config.json").is_file() else sorted(folder.glob("*.pth"))
    return next((file for file in found if file.is_file()), None)


def sam(file: Path) -> Any:
    """The network in a file of checkpoint(), in float32. No code of the file is run."""
    import torch
    from transformers import SamModel

    with quiet():
        if file.suffix == ".safetensors":
            return SamModel.from_pretrained(file.parent, local_files_only=True, dtype=torch.float32).eval()
        found = torch.load(file, map_location="cpu", weights_only=True)
        network = SamModel(_config(found))
    entries = {_renamed(name): entry.float() for name, entry in found.items()}
    entries[f"prompt_encoder.shared_embedding.{POSITIONS}"] = entries[f"shared_image_embedding.{POSITIONS}"]
    network.load_state_dict(entries)
    return network.eval()


def _renamed(name: str) -> str:
    for old, new in NAMES:
        name = re.sub(old, new, name)
    return name


def _config(found: dict[str, torch.Tensor]) -> Any:
    """The sizes of a network of segment_anything."""
    from transformers import SamConfig, SamPromptEncoderConfig, SamVisionConfig

    try:
        places = found["image_encoder.pos_embed"].shape
        width, _, patch, _ = found["image_encoder.patch_embed.proj.weight"].shape
        blocks = len([name for name in found if name.endswith("attn.rel_pos_h")])
        reach = [found[f"image_encoder.blocks.{number}.attn.rel_pos_h"].shape for number in range(blocks)]
        inner = len(found["image_encoder.blocks.0.mlp.lin1.weight"])
    except KeyError as error:
        raise ValueError(f"it is no checkpoint of segment_anything: it lacks {error}") from error
    size = {"image_size": places[1] * patch, "patch_size": patch}
    vision = SamVisionConfig(
        **size,
        hidden_size=width,
        num_hidden_layers=blocks,
        num_attention_heads=width // reach[0][1],
        mlp_dim=inner,
        window_size=(min(length for length, _ in reach) + 1) // 2,
        global_attn_indexes=[at for at, (length, _) in enumerate(reach) if length == 2 * places[1] - 1],
    )
    return SamConfig(vision_config=vision.to_dict(), prompt_encoder_config=SamPromptEncoderConfig(**size).to_dict())
