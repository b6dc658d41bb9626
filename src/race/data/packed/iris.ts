/**
 * 150 flowers: four lengths in millimetres and the species, one byte each (scripts/datasets.mjs).
 * R. A. Fisher, "Iris", UCI Machine Learning Repository, 1936, https://doi.org/10.24432/C56C76, licence CC BY 4.0.
 * Changed: in millimetres, packed as bytes; rows 35 and 38 as in Fisher's paper.
 */

export const packed = [
  "eNolj1tzmlAURvf+tH1QzzmIF0ThgGjUGG+AkYsSNMQ27dTp//83HZrXPXu+tVY8k6BQS9DeF6Cdp0DRXIJOy26TdoFsUBQo0Mat/zzFdHpSoENggA5aMr3oNlO+6oCyjWrSaSmaFM9kg7JFt0HxQjXoFHRB8ZNq0m7eAsXT7jc6BD1QpA1QFBhNOs4U6Bj816iXPQN0ClSTjs+KKVl/wUGR3wElMwEK55JpowUorv2imWjQ1hIN2tQd0cz4TvGi16wlaw0DtPMl6LW2j6YS9MPfS776W8V3L1ScWCvBN2enOHO2gsvp3uBwNG3xu7sTfJwsJUf9WYvPeq34Mly1uHD3klN3LrjyNpJTvVWcT55b/DbcKk7tZZvP/sHkwlkJLu1QceHsO3x1XwS/",
  "643kD+cgudJRly/uVnE2nrU4GS3anIyeWpxPlh2+TGKDT/XyJdgaXHl7xaW1EZzqZ8GJvRKcjDcdLvROcj5edTiypi1OJ2vBmV53OHPXgt9qZGzrNmfOc912sZFP4h5+6vMApZuauOl8iD/6fYDQ3nbxyy1NVHZu4nNe2Lj5cR/XyWsPHzoZILOjPnInHuHqv1q46cTEY1EN8RjfLVyGkcLdzyykTtjHw6n6KCehiWqaDfDpX0y8OQcThQ5NXJ10gE+dG/jtFD38XVz79W2I0okVinEq8dCFhTJIR7h6iYmLPpi4e6cBKi8d4e7F1lfMh3+2aoaNSh8tlHbUw00f+3gLThbOOjbxD8YJUco=",
].join("");
