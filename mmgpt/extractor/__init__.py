"""The extractor's parts: what a line looks like, what it says, which candidates it holds, and the network over all."""
