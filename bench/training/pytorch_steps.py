#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seconds that PyTorch takes for a training step of the models of samples/recipes, to compare `ketscope train` with.

Same layers, sizes, batches, dropout, clipping and AdamW; random data of the recipes' typical lengths, which are ready
before the clock runs. See README.md beside this file.
"""
import argparse
import json
import pathlib
import resource
import time

import torch
from torch import nn
from torch.nn import functional as F

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
# Lengths in tokens of the texts that the first steps of the sentiment recipe draw: the middles of sixteen equal parts.
SENTENCES = [5, 7, 9, 11, 13, 14, 16, 18, 21, 23, 26, 29, 33, 38, 45, 59]
CAPTION = 10  # tokens of the longest captions of scenes, to which a batch is padded


def read(path):
    return json.loads((SAMPLES / path).read_text())


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def gelu_tanh(x):
    return F.gelu(x, approximate="tanh")


class Attention(nn.Module):
    """Heads that look at the tokens themselves or at others; query, key and value in one product where `fused`."""

    def __init__(self, width, heads, fused=False):
        super().__init__()
        self.heads, self.fused = heads, fused
        outputs = [3 * width] if fused else [width] * 3
        self.inputs = nn.ModuleList(nn.Linear(width, size) for size in outputs)
        self.output = nn.Linear(width, width)

    def forward(self, x, mask=None, other=None):
        other = x if other is None else other
        if self.fused:
            q, k, v = self.inputs[0](x).chunk(3, dim=-1)
        else:
            q, k, v = self.inputs[0](x), self.inputs[1](other), self.inputs[2](other)
        q, k, v = (t.view(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2) for t in (q, k, v))
        if hasattr(F, "scaled_dot_product_attention"):
            context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
            context = torch.softmax(scores if mask is None else scores + mask, dim=-1) @ v
        return self.output(context.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self, width, inner, heads, activation, norm_first, dropout=0.0, fused=False, cross=False):
        super().__init__()
        self.attention = Attention(width, heads, fused)
        self.expand, self.contract = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if cross else 2))
        self.cross = Attention(width, heads) if cross else None
        self.activation, self.norm_first, self.dropout = activation, norm_first, nn.Dropout(dropout)

    def inner(self, x):
        return self.dropout(self.contract(self.activation(self.expand(x))))

    def forward(self, x, mask=None, other=None):
        if self.norm_first:
            x = x + self.dropout(self.attention(self.norms[0](x), mask))
            return x + self.inner(self.norms[1](x))
        x = self.norms[0](x + self.dropout(self.attention(x, mask)))
        if self.cross is not None:
            x = self.norms[2](x + self.dropout(self.cross(x, None, other)))
        return self.norms[1](x + self.inner(x))


class Stack(nn.Module):
    def __init__(self, count, *sizes, **options):
        super().__init__()
        self.layers = nn.ModuleList(Layer(*sizes, **options) for _ in range(count))

    def forward(self, x, mask=None, other=None):
        for layer in self.layers:
            x = layer(x, mask, other)
        return x


class Words(nn.Module):
    def __init__(self, vocabulary, positions, width, normed, dropout):
        super().__init__()
        self.words, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.norm, self.dropout = nn.LayerNorm(width) if normed else nn.Identity(), nn.Dropout(dropout)

    def forward(self, ids):
        return self.dropout(self.norm(self.words(ids) + self.positions(torch.arange(ids.shape[1]))))


class Patches(nn.Module):
    def __init__(self, width, size, patch):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.first = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 1, width))

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        return torch.cat([self.first.expand(x.shape[0], -1, -1), x], dim=1) + self.positions


def causal(length):
    return torch.full((length, length), float("-inf")).triu(1)


class Classifier(nn.Module):
    """DistilBERT layout with two labels."""

    def __init__(self, recipe, padding):
        super().__init__()
        c, drop, self.batch, self.padding = read("sentiment/config.json"), recipe["dropout"], recipe["batch"], padding
        self.words = Words(c["vocab_size"], c["max_position_embeddings"], c["dim"], True, drop["embeddings"])
        self.layers = Stack(c["n_layers"], c["dim"], c["hidden_dim"], c["n_heads"], F.gelu, False, drop["residuals"])
        self.before, self.labels = nn.Linear(c["dim"], c["dim"]), nn.Linear(c["dim"], 2)

    def data(self):
        lengths = torch.tensor((SENTENCES * self.batch)[: self.batch])
        longest = int(lengths.max())
        if self.padding == "none":
            lengths[:] = longest = round(float(lengths.float().mean()))
        padded = torch.arange(longest) >= lengths[:, None]
        mask = torch.zeros(self.batch, 1, 1, longest).masked_fill(padded[:, None, None], float("-inf"))
        ids = torch.randint(1, self.words.words.num_embeddings, (self.batch, longest))
        return ids, None if self.padding == "none" else mask, torch.randint(0, 2, (self.batch,))

    def loss(self, ids, mask, labels):
        first = self.layers(self.words(ids), mask)[:, 0]
        return F.cross_entropy(self.labels(F.relu(self.before(first))), labels)


class Characters(nn.Module):
    """GPT-2 layout (norms first) or GPT-1 layout, output tied to the words."""

    def __init__(self, recipe, config, first):
        super().__init__()
        c, drop, self.batch = config, recipe.get("dropout", {}), recipe["batch"]
        self.length = c["n_positions"]
        activation = gelu_tanh if first else F.gelu
        self.words = Words(c["vocab_size"], self.length, c["n_embd"], False, drop.get("embeddings", 0.0))
        self.layers = Stack(c["n_layer"], c["n_embd"], 4 * c["n_embd"], c["n_head"], activation, first,
                            drop.get("residuals", 0.0), fused=True)
        self.norm = nn.LayerNorm(c["n_embd"]) if first else nn.Identity()
        self.register_buffer("mask", causal(self.length))

    def data(self):
        text = torch.randint(0, self.words.words.num_embeddings, (self.batch, self.length + 1))
        return text[:, :-1], text[:, 1:]

    def loss(self, ids, targets):
        x = self.norm(self.layers(self.words(ids), self.mask))
        return F.cross_entropy((x @ self.words.words.weight.T).flatten(0, 1), targets.reshape(-1))


def vision_tower(c, fused):
    return nn.Sequential(Patches(c["hidden_size"], c["image_size"], c["patch_size"]),
                         Stack(c["num_hidden_layers"], c["hidden_size"], c["intermediate_size"],
                               c["num_attention_heads"], quick_gelu, True, fused=fused),
                         nn.LayerNorm(c["hidden_size"]))


class Contrast(nn.Module):
    """CLIP layout."""

    def __init__(self, recipe):
        super().__init__()
        config, self.batch = read("shape-clip/config.json"), recipe["batch"]
        t, v = config["text_config"], config["vision_config"]
        self.words = Words(t["vocab_size"], t["max_position_embeddings"], t["hidden_size"], False, 0.0)
        self.text = Stack(t["num_hidden_layers"], t["hidden_size"], t["intermediate_size"], t["num_attention_heads"],
                          quick_gelu, True)
        self.norm, self.image, self.size = nn.LayerNorm(t["hidden_size"]), vision_tower(v, False), v["image_size"]
        self.of_text = nn.Linear(t["hidden_size"], config["projection_dim"], bias=False)
        self.of_image = nn.Linear(v["hidden_size"], config["projection_dim"], bias=False)
        self.scale = nn.Parameter(torch.tensor(2.6592))
        self.register_buffer("mask", causal(CAPTION))

    def data(self):
        ids = torch.randint(0, self.words.words.num_embeddings, (self.batch, CAPTION))
        return ids, torch.randn(self.batch, 3, self.size, self.size)

    def loss(self, ids, pixels):
        text = F.normalize(self.of_text(self.norm(self.text(self.words(ids), self.mask))[:, -1]), dim=-1)
        image = F.normalize(self.of_image(self.image(pixels)[:, 0]), dim=-1)
        logits = self.scale.exp() * text @ image.T
        same = torch.arange(self.batch)
        return (F.cross_entropy(logits, same) + F.cross_entropy(logits.T, same)) / 2


class Matching(nn.Module):
    """BLIP layout: every image with its caption and with false ones."""

    FALSE = 3  # of a scene itself, besides those of other scenes

    def __init__(self, recipe):
        super().__init__()
        config, self.batch = read("shape-blip/config.json"), recipe["batch"]
        t, v = config["text_config"], config["vision_config"]
        self.captions = 1 + self.FALSE + recipe["data"]["other_captions"]
        self.words = Words(t["vocab_size"], t["max_position_embeddings"], t["hidden_size"], True, 0.0)
        self.text = Stack(t["num_hidden_layers"], t["hidden_size"], t["intermediate_size"], t["num_attention_heads"],
                          F.gelu, False, cross=True)
        self.image, self.size = vision_tower(v, True), v["image_size"]
        self.match = nn.Linear(t["hidden_size"], 2)

    def data(self):
        count = self.batch * self.captions
        ids = torch.randint(0, self.words.words.num_embeddings, (count, CAPTION))
        return ids, torch.randn(self.batch, 3, self.size, self.size), (torch.arange(count) % self.captions == 0).long()

    def loss(self, ids, pixels, labels):
        image = self.image(pixels).repeat_interleave(self.captions, dim=0)
        return F.cross_entropy(self.match(self.text(self.words(ids), None, image)[:, 0]), labels)


def model_of(name, recipe, padding):
    if name == "sentiment":
        return Classifier(recipe, padding)
    if name == "char-gpt":
        return Characters(recipe, read("char-gpt/config.json"), True)
    if name == "qisa-study":  # its classical variant
        return Characters(recipe, recipe["model"]["config"], False)
    return Contrast(recipe) if name == "shape-clip" else Matching(recipe)


def measure(name, padding, steps):
    recipe = read(f"recipes/{name}.json")
    model = model_of(name, recipe, padding)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe["optimizer"]["rate"])
    batches = [model.data() for _ in range(steps + 3)]
    for i, batch in enumerate(batches):
        if i == 3:  # after a start that is not timed
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
        optimizer.zero_grad()
        model.loss(*batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe["optimizer"].get("clip", 1.0))
        optimizer.step()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall / steps, spent / steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=["sentiment", "char-gpt", "shape-clip", "shape-blip", "qisa-study"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--padding", choices=["longest", "none"], default="longest",
                        help="of sentiment: to the longest text of a batch drawn at random, or all of the mean length")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    wall, spent = measure(given.recipe, given.padding, given.steps)
    print(f"{given.recipe}, {given.threads} threads, PyTorch {torch.__version__}: "
          f"{1e3 * wall:.1f} ms a step, {1e3 * spent:.1f} ms of processor time")


if __name__ == "__main__":
    main()
