-- name: begin(account_name, network, most_of_network, most_of_name, span)^
-- One row: the number of the attempt; or which limit refuses it, and for how many seconds.
SELECT
    attempt,
    refused_by,
    ceil(extract(EPOCH FROM free_at - now()))::integer AS seconds
FROM access.begin_sign_in(:account_name, :network, :most_of_network, :most_of_name, :span);
