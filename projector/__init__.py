"""From features to memory: what the decoder reads. Every projector takes features, positions and a mask, and gives tokens and a mask."""
