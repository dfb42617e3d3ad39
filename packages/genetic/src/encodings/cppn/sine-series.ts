/** sin r for |r| up to a quarter turn is SINE[0] r + SINE[1] r³ + SINE[2] r⁵ + ...: the minimax polynomial. */
export const SINE = [0.9999999766, -0.1666664763, 0.008332899827, -0.0001980089789, 2.590488649e-6] as const;
