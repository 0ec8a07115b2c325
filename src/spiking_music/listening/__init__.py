"""Listening tests: sounds → pages for listeners → ratings."""
