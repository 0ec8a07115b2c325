"""The diffusion decoder (SPEC 4): a U-Net on the waveform, trained by the v-objective."""
