"""Pixels to visual features: safe decoding, and the reader of lines."""
