"""Details of HTTP: addresses, headers, problem details, language, metrics; no figures in them."""
