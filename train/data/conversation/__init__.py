"""Conversations about screens: what is asked, what is answered, and which words of the answer are pointed at."""
