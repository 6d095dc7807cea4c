"""The reviewed word lists, and the small pattern language that they are written in; holds no model."""
