"""Where training pictures come from: content, scenes, and the renderer."""
