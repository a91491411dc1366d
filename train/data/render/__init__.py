"""The native renderer: fonts, glyph atlases, line crops and whole screens with exact labels."""
