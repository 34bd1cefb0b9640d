pragma circom 2.1.9;

include "poseidon_constants.circom";

/*
 * FifthPower(): out = in^5, Poseidon's S-box. Three constraints.
 */
template FifthPower() {
    signal input in;
    signal output out;
    signal square;
    signal fourth;
    square <== in * in;
    fourth <== square * square;
    out <== fourth * in;
}

/*
 * TaggedHash(n, tag): Poseidon over n inputs with a domain tag in the capacity.
 * Parameters: 1 <= n <= 16; tag, a constant from the generated protocol.circom.
 * Inputs: in[n], any field elements. Output: out.
 * The tag is a constant of the circuit, never a signal: a prover who chose the capacity could invert the permutation.
 *
 * The permutation, its constants and its result are circomlib's (PoseidonEx with initialState = tag); a test compares
 * them. It is written anew because here the linear layers are expressions over the S-box outputs instead of signals in
 * hundreds of small templates that each carry the constants: the same constraints remain after simplification, but the
 * circuit compiles in a fraction of the time and its witness is computed several times faster.
 */
template TaggedHash(n, tag) {
    signal input in[n];
    signal output out;

    var t = n + 1;
    var fullRounds = 8;
    var half = fullRounds \ 2;
    var partialRoundCounts[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    var partialRounds = partialRoundCounts[t - 2];
    var sparseWidth = 2 * t - 1;
    var C[t * fullRounds + partialRounds] = POSEIDON_C(t);
    var S[partialRounds * sparseWidth] = POSEIDON_S(t);
    var M[t][t] = POSEIDON_M(t);
    var P[t][t] = POSEIDON_P(t);

    component full[fullRounds][t];
    component partial[partialRounds];
    var state[t];
    var next[t];
    state[0] = tag + C[0];
    for (var j = 1; j < t; j++) {
        state[j] = in[j - 1] + C[j];
    }

    for (var r = 0; r < half; r++) {
        for (var j = 0; j < t; j++) {
            full[r][j] = FifthPower();
            full[r][j].in <== state[j];
            state[j] = full[r][j].out + C[(r + 1) * t + j];
        }
        for (var i = 0; i < t; i++) {
            next[i] = 0;
            for (var j = 0; j < t; j++) {
                next[i] += (r < half - 1 ? M[j][i] : P[j][i]) * state[j];
            }
        }
        state = next;
    }

    for (var r = 0; r < partialRounds; r++) {
        partial[r] = FifthPower();
        partial[r].in <== state[0];
        var head = partial[r].out + C[(half + 1) * t + r];
        state[0] = S[sparseWidth * r] * head;
        for (var i = 1; i < t; i++) {
            state[0] += S[sparseWidth * r + i] * state[i];
            state[i] += S[sparseWidth * r + t + i - 1] * head;
        }
    }

    for (var r = half; r < fullRounds; r++) {
        for (var j = 0; j < t; j++) {
            full[r][j] = FifthPower();
            full[r][j].in <== state[j];
            state[j] = full[r][j].out;
            if (r < fullRounds - 1) {
                state[j] += C[(r + 1) * t + partialRounds + j];
            }
        }
        for (var i = 0; i < t; i++) {
            next[i] = 0;
            for (var j = 0; j < t; j++) {
                next[i] += M[j][i] * state[j];
            }
        }
        state = next;
    }
    out <== state[0];
}
