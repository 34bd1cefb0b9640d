pragma circom 2.1.9;

include "seal-protocol.circom";
include "../lib/word.circom";

/* The fields of a ledger word: LEDGER_ENTRY, once per entry. */
function LEDGER_WORD_WIDTHS() {
    var fields = LEDGER_ENTRY_FIELDS();
    var widths[LEDGER_ENTRIES_PER_WORD() * LEDGER_ENTRY_FIELDS()];
    var entry[LEDGER_ENTRY_FIELDS()] = LEDGER_ENTRY_WIDTHS();
    for (var f = 0; f < LEDGER_ENTRIES_PER_WORD() * fields; f++) {
        widths[f] = entry[f % fields];
    }
    return widths;
}

/*
 * LedgerFingerprint(): sum of lots / (beta + instrument id) over the entries of a vault's ledger.
 * Inputs: beta, a hash of the ledger among others; word[3], the ledger. Output: sum.
 * A word with a bit beyond its last entry is unsatisfiable. Unused entries are zero and add nothing; an instrument that
 * stands twice counts with the sum of its lots.
 * Does not enforce: that beta is such a hash (Seal does); that entries stand in order (the vault writes them).
 */
template LedgerFingerprint() {
    var fields = LEDGER_ENTRY_FIELDS();
    signal input beta;
    signal input word[LEDGER_WORDS()];
    signal output sum;
    component entries[LEDGER_WORDS()];
    signal term[LEDGER_WORDS()][LEDGER_ENTRIES_PER_WORD()];
    var total = 0;
    for (var w = 0; w < LEDGER_WORDS(); w++) {
        entries[w] = UnpackWord(LEDGER_ENTRIES_PER_WORD() * fields, LEDGER_WORD_WIDTHS());
        entries[w].word <== word[w];
        for (var e = 0; e < LEDGER_ENTRIES_PER_WORD(); e++) {
            var lots = entries[w].field[e * fields + LEDGER_ENTRY_LOTS()];
            var id = entries[w].field[e * fields + LEDGER_ENTRY_INSTRUMENT_ID()];
            // A hint: the quotient, unique for beta + id != 0, as in Fingerprint.
            term[w][e] <-- beta + id != 0 ? lots / (beta + id) : 0;
            term[w][e] * (beta + id) === lots;
            total += term[w][e];
        }
    }
    sum <== total;
}
