"""The pages: parameters in, one template out."""
