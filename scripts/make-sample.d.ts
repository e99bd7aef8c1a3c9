/** Writes a seeded sample of a TikTok export with every kind of dirt; returns the number of data records. */
export function makeSample(path: string, options?: { rows?: number; seed?: number }): { rows: number }
