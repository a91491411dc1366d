"""Recorded terminal sessions: real tools run into real failures, and many runs in which nothing fails."""
