"""Pages of this package's own: more sorts of sites, applications and accidents than the world's content has."""

from train.data.pages.templates.sample import sample_page

__all__ = ["sample_page"]
