"""Backbones: waveform ↔ latents, one module each, found by the configuration."""
