"""Tiny weights made on the spot in the shape of the real ones, and a manifest that names them."""

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
REAL_WEIGHTS = PROJECT / "../shared/weights"

START, END = "<|startoftext|>", "<|endoftext|>"


def write_manifest(
    path: Path,
    models: Mapping[str, Sequence[Mapping[str, bytes]]],
    server: str = "",
    shipped: Collection[str] = (),
    asked: Collection[str] = (),
) -> Path:
    """A manifest of models whose forms are {path: content}; urls are `server` + path, except of shipped ones.

    `asked`: those fetched by name only.
    """
    lines = []
    for name, forms in models.items():
        lines += ["[[model]]", f'name = "{name}"', f'label = "Tiny {name}"', 'licence = "MIT"', 'source = "here"']
        lines += ['use = "tests"', f"shipped = {json.dumps(name in shipped)}", f"asked = {json.dumps(name in asked)}"]
        for form in forms:
            lines += ["[[model.form]]", 'name = "tiny"']
            for file, content in form.items():
                url = "" if name in shipped else f"{server}{file}"
                lines += ["[[model.form.file]]", f'path = "{file}"', f'url = "{url}"']
                lines += [f'sha256 = "{hashlib.sha256(content).hexdigest()}"', f"size = {len(content)}"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a models folder by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def make_mobilenet(folder: Path) -> tuple[Path, Path]:
    """A random MobileNetV3-Small, as torchvision's .pth and as .safetensors of its features."""
    import torch
    from safetensors.torch import save_file
    from torchvision.models import mobilenet_v3_small

    torch.manual_seed(7)
    network = mobilenet_v3_small(weights=None)
    for module in network.modules():  # without statistics of its own activations it would answer with almost nothing
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.randn(8, 3, 224, 224))
    folder.mkdir(parents=True, exist_ok=True)
    whole, features = folder / "mobilenet_v3_small-047dcff4.pth", folder / "features.safetensors"
    torch.save(network.state_dict(), whole)
    save_file({name: x for name, x in network.state_dict().items() if name.startswith("features.")}, features)
    return whole, features


def make_own(folder: Path) -> Path:
    """A random encoder of Unipic's own: such features, and a head that mixes them, in float16."""
    import torch
    from safetensors.torch import load_file, save_file

    entries = load_file(make_mobilenet(folder / "features")[1])
    shutil.rmtree(folder / "features")
    entries |= {f"head.{name}": entry for name, entry in torch.nn.Linear(576, 576).state_dict().items()}
    path = folder / "encoder.safetensors"
    save_file({name: x.half() if x.is_floating_point() else x for name, x in entries.items()}, path)
    return path


def make_clip(folder: Path) -> Path:
    """A random CLIP of two thin layers that reads single bytes, in the files of the real one, oddities included."""
    import torch
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
    from transformers.utils import logging

    torch.manual_seed(7)
    symbols = _byte_symbols()
    vocabulary = {word: i for i, word in enumerate([*symbols, *(s + "</w>" for s in symbols), START, END])}
    thin = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    # The real config has these ids, which are not the vocabulary's; transformers knows an eos of 2 as that mistake.
    text = {**thin, "vocab_size": len(vocabulary), "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    vision = {**thin, "patch_size": 32, "image_size": 224}
    logging.disable_progress_bar()
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=512)).save_pretrained(folder)
    CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    for name, content in REAL_FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def make_open_clip(folder: Path) -> tuple[Path, Any]:
    """A random CLIP in open_clip's names, and the network that has them, which computes what open_clip's does."""
    import torch
    from safetensors.torch import save_file
    from tests.helpers.open_clip import OpenClip

    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    make_clip(folder / "words")
    shutil.move(folder / "words" / "tokenizer.json", folder / "tokenizer.json")
    shutil.rmtree(folder / "words")
    network = OpenClip().eval()
    save_file(network.state_dict(), folder / "open_clip_model.safetensors")
    return folder, network


def make_siglip(folder: Path) -> Path:
    """A random SigLIP of two thin layers that reads letters, with a tokenizer of the form of SigLIP2's."""
    import torch
    from tokenizers import AddedToken, Tokenizer, models, normalizers, processors
    from transformers import SiglipConfig, SiglipModel
    from transformers.utils import logging

    torch.manual_seed(7)
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    letters = [*"▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'"]
    vocabulary = {word: i for i, word in enumerate([*special, *letters])}
    thin = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**thin, "vocab_size": len(vocabulary), "max_position_embeddings": 64}
    vision = {**thin, "patch_size": 32, "image_size": 256}
    logging.disable_progress_bar()
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", fuse_unk=True))
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in special])
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.post_processor = processors.TemplateProcessing("$A <eos>", special_tokens=[("<eos>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def make_head(folder: Path) -> Path:
    """A random linear layer on CLIP's vectors, in LAION's file."""
    import torch

    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sa_0_4_vit_b_32_linear.pth"
    torch.save(torch.nn.Linear(512, 1).state_dict(), path)
    return path


def _byte_symbols() -> list[str]:
    """A printable character for each byte, as byte-level BPE names them."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i, _ in enumerate(others)]


def _token(content: str, **more: str) -> dict[str, object]:
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": True, **more}


# Byte for byte the real checkpoint's own, in the words of older transformers.
REAL_FILES = {
    "preprocessor_config.json": json.dumps(
        {
            "crop_size": 224,
            "do_center_crop": True,
            "do_normalize": True,
            "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
            "resample": 3,
            "size": 224,
        },
        indent=2,
    )
    + "\n",
    "special_tokens_map.json": json.dumps(
        {"bos_token": _token(START), "eos_token": _token(END), "unk_token": _token(END), "pad_token": END}
    ),
    "tokenizer_config.json": json.dumps(
        {
            "unk_token": _token(END, __type="AddedToken"),
            "bos_token": _token(START, __type="AddedToken"),
            "eos_token": _token(END, __type="AddedToken"),
            "pad_token": END,
            "add_prefix_space": False,
            "errors": "replace",
            "do_lower_case": True,
            "name_or_path": "./clip_ViT_B_32/",
            "model_max_length": 77,
        }
    ),
}


def make_sam(folder: Path) -> Path:
    """A random SAM of two thin layers for pictures of 128 pixels, in transformers' files; sure of all it finds."""
    import torch
    from transformers import SamConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig
    from transformers.utils import logging

    torch.manual_seed(7)
    thin = {"hidden_size": 32, "mlp_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    size = {"image_size": 128, "patch_size": 16}
    vision = SamVisionConfig(**thin, **size, window_size=4, global_attn_indexes=[1]).to_dict()
    asking = SamPromptEncoderConfig(**size).to_dict()
    network = SamModel(SamConfig(vision_config=vision, prompt_encoder_config=asking)).eval()
    with torch.no_grad():
        network.mask_decoder.iou_prediction_head.proj_out.bias.fill_(1.0)
        for layer in network.mask_decoder.output_hypernetworks_mlps:  # edges as clear as those of a taught one
            layer.proj_out.weight.mul_(3_000)
    logging.disable_progress_bar()
    network.save_pretrained(folder)
    return folder
