"""The diffusion decoder: a U-Net on the waveform, trained by the v-objective."""
