"""Range coding in whole numbers: what the entropy models of both codecs are built on."""
