"""Bottlenecks: real latents ↔ discrete codes, one module each, found by the configuration."""
