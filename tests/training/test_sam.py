"""A checkpoint of segment_anything becomes the network that Unipic loads.

transformers is imported in the tests themselves: it takes seconds to load, in each process of a test run.
"""

from pathlib import Path

import pytest
import torch
from tests.helpers.checkpoints import make_sam


def test_a_checkpoint_of_segment_anything_is_the_same_network(tmp_path: Path) -> None:
    """Its names are made from transformers' by what a public checkpoint of it has."""
    from training.sam import convert
    from transformers import SamModel

    ours = SamModel.from_pretrained(make_sam(tmp_path / "ours"), local_files_only=True).eval()
    file = tmp_path / "sam_tiny.pth"
    torch.save(
        {theirs(name): entry for name, entry in ours.state_dict().items() if "shared_embedding" not in name}, file
    )
    convert(file, tmp_path / "sam")
    again = SamModel.from_pretrained(tmp_path / "sam", local_files_only=True).eval()
    pixels, points = torch.randn(1, 3, 128, 128), torch.tensor([[[[30.0, 40.0]]]])
    with torch.inference_mode():
        one, other = (network(pixel_values=pixels, input_points=points).pred_masks for network in (ours, again))
    torch.testing.assert_close(one, other)


SWAPS = """
    vision_encoder.=image_encoder. patch_embed.projection=patch_embed.proj
    prompt_encoder.point_embed.=prompt_encoder.point_embeddings.
    shared_image_embedding.positional_embedding=prompt_encoder.pe_layer.positional_encoding_gaussian_matrix
    neck.conv1=neck.0 neck.layer_norm1=neck.1 neck.conv2=neck.2 neck.layer_norm2=neck.3
    mask_embed.conv1=mask_downscaling.0 mask_embed.layer_norm1=mask_downscaling.1 mask_embed.conv2=mask_downscaling.3
    mask_embed.layer_norm2=mask_downscaling.4 mask_embed.conv3=mask_downscaling.6
    upscale_conv1=output_upscaling.0 upscale_layer_norm=output_upscaling.1 upscale_conv2=output_upscaling.3
"""


def theirs(name: str) -> str:
    """segment_anything's name of an entry of transformers'."""
    swaps = dict(pair.split("=") for pair in SWAPS.split())
    for old, new in swaps.items():
        name = name.replace(old, new)
    if "hypernetworks" in name or "iou_prediction" in name:
        name = name.replace("layers.0", "layers.1").replace("proj_in", "layers.0").replace("proj_out", "layers.2")
    if name.startswith("image_encoder"):
        name = name.replace(".layers.", ".blocks.")
    return name.replace("layer_norm", "norm")


def test_another_file_is_refused(tmp_path: Path) -> None:
    from training.sam import convert

    torch.save({"x": torch.zeros(1)}, tmp_path / "sam.pth")
    with pytest.raises(ValueError, match="no checkpoint of segment_anything"):
        convert(tmp_path / "sam.pth", tmp_path / "sam")
