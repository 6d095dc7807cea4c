"""The network that is trained: the base encoder, pooling over the post's own tokens, and one linear layer per head.

Holds no training loop. Context shapes the post's token vectors by attention, but is not pooled.
"""

import torch
from torch import Tensor, nn
from transformers import BertModel

from classifiers.labels import BINARY, COLUMNS, SOFTMAX, WIDTH


class TriageNetwork(nn.Module):
    """Encoder and heads; returns logits of shape (windows, 15) in the order of `labels.COLUMNS`."""

    def __init__(self, encoder: BertModel, *, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        width = int(encoder.config.hidden_size)
        self.attention = nn.Linear(width, 1)
        self.mix = nn.Linear(2 * width, width)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.Linear(width, WIDTH)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """Read padded windows, each argument of shape (windows, tokens)."""
        states = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        own = (attention_mask * (1 - token_type_ids)).unsqueeze(-1).to(states.dtype)
        mean = (states * own).sum(1) / own.sum(1)
        # The mean tells what the post is about; the attended part lets one alarming clause outweigh a long ramble.
        weights = torch.softmax(self.attention(states) + (own - 1.0) * 1e4, dim=1)
        attended = (states * weights).sum(1)
        mixed = torch.tanh(self.mix(torch.cat([mean, attended], dim=-1)))
        logits: Tensor = self.heads(self.dropout(mixed))
        return logits


def join_windows(logits: Tensor, owners: Tensor, *, posts: int) -> Tensor:
    """Join windows into posts as `decoding.join_windows` does: the highest logit of each yes/no column wins.

    `owners` has shape (windows,) and names the post of each window; the result has shape (posts, 15).
    """
    if len(logits) == posts:
        return logits[torch.argsort(owners)]
    rows = []
    for post in range(posts):
        own = logits[owners == post]
        binary = own[:, BINARY].amax(dim=0)
        strongest = own[own[:, 0].argmax()]
        rows.append(torch.cat([binary, strongest[BINARY.stop :]]))
    return torch.stack(rows)


def loss_of(logits: Tensor, targets: Tensor, *, positive_weights: Tensor, softmax_weight: float) -> Tensor:
    """Sum the heads' losses: weighted yes/no cross-entropy, and cross-entropy of the two softmax heads.

    Both arrays have shape (posts, 15). `positive_weights`, shape (8,), counters rare labels.
    """
    binary = nn.functional.binary_cross_entropy_with_logits(
        logits[:, BINARY], targets[:, BINARY], pos_weight=positive_weights
    )
    total = binary
    for head in SOFTMAX:
        total = total + softmax_weight * nn.functional.cross_entropy(
            logits[:, COLUMNS[head]], targets[:, COLUMNS[head]]
        )
    return total
