"""Measures readers and the extractor on pictures whose text and fields are known."""
