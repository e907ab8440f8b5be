-- name: stage_energy(dates, sources, energies_kwh, fallen, peaks_w, points, half_hours, half_hours_of_day)!
-- One row per day and source of the batch, from arrays of equal length.
INSERT INTO staged_energy
SELECT
    energy_date,
    source,
    daily_energy_kwh,
    counter_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM
    unnest(
        :dates::date[],
        :sources::text[],
        :energies_kwh::numeric[],
        :fallen::boolean[],
        :peaks_w::double precision[],
        :points::bigint[],
        :half_hours::integer[],
        :half_hours_of_day::integer[]
    ) AS staged (
        energy_date, source, daily_energy_kwh, counter_fell, peak_w, points, half_hours, half_hours_of_day
    );
