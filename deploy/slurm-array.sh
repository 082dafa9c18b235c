#!/bin/sh
#SBATCH --array=0-63
#SBATCH --cpus-per-task=2
# A Slurm array that explores a million seeds in 64 shards: sbatch deploy/slurm-array.sh. Slurm counts from the first
# number of --array. Then: seatrial merge results --out results/campaign.jsonl
exec seatrial explore --procedure manual --seeds 0..1000000 \
  --shard "$SLURM_ARRAY_TASK_ID/64" --jobs 2 --fail-on none --out results
