-- In every reconciled row that has a net, gross = net + fees to the last digit.
SELECT escrow_id, gross, net, platform_fee, processing_fee, other_fees
FROM silver.reconciliation
WHERE dt = $dt AND net IS NOT NULL AND gross <> net + platform_fee + processing_fee + other_fees
