"""The viewer: pages over what the batch has loaded."""
