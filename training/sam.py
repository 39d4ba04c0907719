"""python -m training.sam CHECKPOINT.pth MODELS: a checkpoint of segment_anything as Unipic loads it, in MODELS/sam.

No code of the file is run. Its sizes are read from its weights.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from transformers import SamConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig

# Pieces of segment_anything's names, and transformers' for them; the second pieces only in what predicts masks.
NAMES = """
    image_encoder.=vision_encoder. patch_embed.proj.=patch_embed.projection. .blocks.=.layers. .norm=.layer_norm
    neck.0=neck.conv1 neck.1=neck.layer_norm1 neck.2=neck.conv2 neck.3=neck.layer_norm2 point_embeddings=point_embed
    mask_downscaling.0=mask_embed.conv1 mask_downscaling.1=mask_embed.layer_norm1 mask_downscaling.3=mask_embed.conv2
    mask_downscaling.4=mask_embed.layer_norm2 mask_downscaling.6=mask_embed.conv3 output_upscaling.0=upscale_conv1
    output_upscaling.1=upscale_layer_norm output_upscaling.3=upscale_conv2
    prompt_encoder.pe_layer.positional_encoding_gaussian_matrix=shared_image_embedding.positional_embedding
"""
PREDICTING, PREDICTS = "layers.0=proj_in layers.2=proj_out layers.1=layers.0", ("hypernetworks", "iou_prediction_head")
POINTS, POINTS_AGAIN = "shared_image_embedding.", "prompt_encoder.shared_embedding."  # one entry of segment_anything


def main() -> None:
    """Convert one file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("models", type=Path)
    options = parser.parse_args()
    convert(options.checkpoint, options.models / "sam")


def convert(file: Path, folder: Path) -> None:
    """Write a folder of transformers' SamModel. ValueError, RuntimeError: the file is no such checkpoint."""
    found = torch.load(file, map_location="cpu", weights_only=True)
    network = SamModel(_config(found))
    entries = {_renamed(name): entry.float() for name, entry in found.items()}
    again = {name.replace(POINTS, POINTS_AGAIN): entry for name, entry in entries.items() if name.startswith(POINTS)}
    network.load_state_dict(entries | again)
    network.save_pretrained(folder)


def _renamed(name: str) -> str:
    pairs = NAMES + (PREDICTING if any(part in name for part in PREDICTS) else "")
    for old, new in (pair.split("=") for pair in pairs.split()):
        name = name.replace(old, new)
    return name


def _config(found: dict[str, torch.Tensor]) -> Any:
    """The sizes of a network of segment_anything."""
    shapes = {name.removeprefix("image_encoder."): entry.shape for name, entry in found.items()}
    reach = [shape for name, shape in shapes.items() if name.endswith("attn.rel_pos_h")]
    try:
        places, (width, _, patch, _) = shapes["pos_embed"][1], shapes["patch_embed.proj.weight"]
        inner = shapes["blocks.0.mlp.lin1.weight"][0]
    except KeyError as error:
        raise ValueError(f"it is no checkpoint of segment_anything: it lacks {error}") from error
    size: dict[str, Any] = {"image_size": places * patch, "patch_size": patch}
    vision = SamVisionConfig(
        **size,
        hidden_size=width,
        num_hidden_layers=len(reach),
        num_attention_heads=width // reach[0][1],
        mlp_dim=inner,
        window_size=(min(length for length, _ in reach) + 1) // 2,
        global_attn_indexes=[at for at, (length, _) in enumerate(reach) if length == 2 * places - 1],
    )
    return SamConfig(vision_config=vision.to_dict(), prompt_encoder_config=SamPromptEncoderConfig(**size).to_dict())


if __name__ == "__main__":
    main()
