"""One task from its data to its result, in any process: asked, judged, scored."""
