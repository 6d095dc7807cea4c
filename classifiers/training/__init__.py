"""Fine-tuning and export of the encoder; the only modules that import torch, never imported while serving."""

from classifiers.training.options import TrainOptions
from classifiers.training.train import train

__all__ = ["TrainOptions", "train"]
