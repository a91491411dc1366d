"""Real words: messages and transcripts of installed software, gathered at build time and never committed."""
