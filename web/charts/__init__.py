"""Numbers to SVG and to text."""
