"""CLIP as open_clip computes it, thin: torch's own attention, and the names that its checkpoints have."""

from collections import OrderedDict

import torch
from torch import nn

WIDTH, LAYERS, PATCH, SIZE = 64, 2, 32, 256  # one head of 64
WORDS, LENGTH, DIMENSIONS = 514, 77, 48


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = nn.MultiheadAttention(WIDTH, 1, batch_first=True)
        parts = {"c_fc": nn.Linear(WIDTH, 4 * WIDTH), "gelu": nn.GELU(), "c_proj": nn.Linear(4 * WIDTH, WIDTH)}
        self.mlp = nn.Sequential(OrderedDict(parts))
        nn.init.normal_(self.attn.in_proj_bias)  # torch's are zeros, which any order would fit

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        a = self.ln_1(x)
        x = x + self.attn(a, a, a, need_weights=False, attn_mask=mask)[0]
        seen: torch.Tensor = x + self.mlp(self.ln_2(x))
        return seen


class Layers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        for layer in self.resblocks:
            x = layer(x, mask)
        return x


class Visual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, PATCH, PATCH, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(WIDTH))
        self.positional_embedding = nn.Parameter(torch.randn((SIZE // PATCH) ** 2 + 1, WIDTH))
        self.ln_pre, self.ln_post = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.transformer = Layers()
        self.proj = nn.Parameter(torch.randn(WIDTH, DIMENSIONS))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(len(x), 1, -1), x], dim=1) + self.positional_embedding
        seen: torch.Tensor = self.ln_post(self.transformer(self.ln_pre(x))[:, 0]) @ self.proj
        return seen


class OpenClip(nn.Module):
    """Its state_dict is an open_clip checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.visual = Visual()
        self.transformer = Layers()
        self.token_embedding = nn.Embedding(WORDS, WIDTH)
        self.positional_embedding = nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.ln_final = nn.LayerNorm(WIDTH)
        self.text_projection = nn.Parameter(torch.randn(WIDTH, DIMENSIONS))
        self.logit_scale = nn.Parameter(torch.tensor(4.6))

    def encode_image(self, pixels: torch.Tensor) -> torch.Tensor:
        seen: torch.Tensor = self.visual(pixels)
        return seen

    def encode_text(self, ids: torch.Tensor) -> torch.Tensor:
        length = ids.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        x = self.transformer(self.token_embedding(ids) + self.positional_embedding[:length], mask)
        read: torch.Tensor = self.ln_final(x)[torch.arange(len(x)), ids.argmax(dim=1)] @ self.text_projection
        return read
