"""The registered experiments on training for pass@N."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.experiment import Result, experiment
from tools.passn import comparison as finetuning
from tools.passn import measuring, predictions
from tools.passn.proofs import comparison as proving

if TYPE_CHECKING:
    from tools.run import Run


@experiment(
    "passn.theory",
    paper="chen2025",
    claim="The best policy for pass@N is less sure of any answer the more answers may be drawn, and"
    " its largest probability lies between known bounds.",
    estimate=predictions.estimate_cost,
    resumable=True,
    examples=(
        "How confident should a model be if I may try 16 answers?",
        "What is the best policy for pass@N when several answers are plausible?",
        "Check the bounds on the confidence of the optimal pass@N policy",
        "Does the optimal policy get less confident as N grows?",
        "Where does the optimum of direct coverage optimization lie?",
        "Is DCO's own optimum as good as the best coverage policy?",
        "For which N is cross-entropy's optimum better than DCO's?",
        "Show the theory of pass@N coverage for answer probabilities 0.6, 0.3, 0.1",
        "Test the closed form of the coverage policy against random policies",
        "Plot maximal confidence against the number of samples",
        "How much coverage does calibrated sampling lose at 64 draws?",
        "Does a trained model end with the confidence that theory predicts for DCO?",
        "Verify lemmas 4.2 and 4.3 on limiting confidence numerically",
    ),
)
def theory(params: predictions.TheoryParams, run: Run) -> Result:
    """Finds out what the best policy for pass@N is, and how close the optimum of DCO comes to it.

    A problem has several plausible answers, of which answer i is the right one with probability
    q_i. The policy that covers most in N draws is known in closed form; on random problems it is
    held against random policies and a numeric optimiser, and its largest probability against its
    bounds. The bounds follow from the closed form; they stand in for those of the paper's lemmas,
    whose exact constants were not at hand.

    DCO averages the logarithm of coverage, so that its own optimum is another policy. It is found
    numerically, tested likewise, and compared with the optimum of cross-entropy, p = q, at every
    N: with small N and answers that stay ambiguous it covers less.

    With `train` small perceptrons are trained by DCO on problems whose answers are drawn from
    known probabilities, and the confidence they end with is compared with the prediction.
    """
    return predictions.examine(params, run)


@experiment(
    "passn.finetune",
    paper="chen2025",
    claim="Trained by cross-entropy a model's pass@1 rises while its pass@N falls for large N;"
    " trained by DCO with N' = N its pass@N is the best at the last epoch.",
    estimate=finetuning.estimate_cost,
    resumable=True,
    examples=(
        "Does training longer with cross-entropy hurt pass@256?",
        "Compare DCO with cross-entropy when I sample 64 answers",
        "Train for pass@N: is direct coverage optimization better than fine-tuning as usual?",
        "I will draw 256 samples at test time, which loss should I train with?",
        "Is a tuned sampling temperature as good as the DCO loss?",
        "Reproduce the overconfidence of cross-entropy on many samples",
        "Does early stopping do as much for pass@N as DCO?",
        "Train a small transformer on multiplication for pass@16 and pass@256",
        "What happens to pass@1 when the loss aims at N = 64?",
        "Must the loss see the whole answer, or is DCO per token enough? Use multiplication",
        "Does label smoothing repair pass@N?",
        "Which N' is best for which N?",
        "How does greedy confidence grow over the epochs under DCO and cross-entropy?",
        "Run the pass@N aware finetuning comparison with 5 seeds",
        "Fine-tune with the UA loss for a budget of 64 on arithmetic",
    ),
)
def finetune(params: finetuning.FinetuneParams, run: Run) -> Result:
    """Finds out whether a loss that aims at pass@N beats cross-entropy, and every cheap control.

    Small models are trained from scratch on tasks with one right answer that they can learn only
    in part, so that pass@N of each model is known exactly from the probability of the right
    answer and nothing has to be sampled. Cross-entropy stands in the table four times: at its last
    epoch, stopped early, sampled at a tuned temperature, and both; label smoothing and the losses
    that aim at N twice, without and with a tuned temperature. Epoch and temperature are chosen for
    each N on validation problems and read off test problems.

    Tasks: `teacher`, one of 256 answers of a random network as one token; `spelled`, the same
    answers as two tokens; `multiplication`, the digits of a product at once, by a decoder
    transformer. A temperature acts on every token, which for answers of several tokens is not the
    same as making the whole answer less certain; so the comparison may end differently there.

    Claims are decided at the last epoch, paired over seeds: that cross-entropy's pass@1 rises while
    its pass@N falls by more than 0.05 after the epoch that is best for pass@N, that each loss beats
    cross-entropy at the N it aims at and also the other loss that validation problems prefer there,
    and whether it beats cross-entropy with a tuned temperature, which the paper does not claim.
    """
    return finetuning.finetune(params, run)


@experiment(
    "passn.curve",
    paper="chen2025",
    claim="",
    estimate=measuring.estimate_cost,
    resumable=True,
    examples=(
        "Measure pass@64 of the model in this folder on my problem file",
        "Plot the coverage curve of a checkpoint over N",
        "What is pass@k of the model served at localhost on these questions?",
        "Draw 256 answers a problem and estimate pass@1 to pass@256",
        "Evaluate my fine-tuned model with majority vote and best of N",
        "Unbiased pass@k with confidence intervals for a vLLM endpoint",
        "How often is the right answer among 16 samples of this model?",
        "Is majority voting better than pass@1 for this checkpoint?",
        "How hard are my problems for this model? Show the histogram of success rates",
        "Is the model overconfident on my problem file? Plot confidence against accuracy",
        "Sample a Hugging Face folder 64 times at temperature 0.8 and grade the answers",
        "Compute coverage of an OpenAI-compatible endpoint with pass@k up to 32",
    ),
)
def curve(params: measuring.CurveParams, run: Run) -> Result:
    """Finds out how often a language model is right within k samples, for every k up to N.

    Answers to a file of problems are drawn from a local model folder or from an
    OpenAI-compatible endpoint, and graded symbolically. pass@k is the unbiased estimate from all
    samples; majority vote and the likeliest of k samples stand beside it. Errors are over problems,
    or over the clusters the file names, never over samples.

    The file has one JSON object a line with `question` and `gold`, and optionally `cluster`.
    """
    return measuring.curve(params, run)


@experiment(
    "passn.proofs",
    paper="chen2025",
    claim="For proofs, DCO on every step (DCO_step) with a fitting N_eff proves more in many"
    " attempts than cross-entropy, and an ensemble over N_eff proves more still.",
    estimate=proving.estimate_cost,
    resumable=True,
    examples=(
        "Does DCO help proof search?",
        "Compare DCO_step with cross-entropy on equational proofs",
        "Which N_eff proves most in 256 attempts?",
        "Is an ensemble over N_eff better than one policy at the same budget?",
        "Train a prover for pass@64",
        "Test the search-agnostic UA loss on theorem proving",
        "Does a tuned temperature match DCO_step in theorem proving?",
        "How does tree width matter for a policy trained stepwise?",
        "Prove random ring equations with policies trained by different losses",
        "Reproduce the theorem proving result of limiting confidence on a small scale",
        "Whole-proof DCO or stepwise DCO: which finds more proofs?",
        "How many attempts does a proof of five steps need under each loss?",
        "Run the proof search comparison with n_eff 2, 4 and 8",
    ),
)
def proofs(params: proving.ProofsParams, run: Run) -> Result:
    """Finds out which loss trains the policy that proves most theorems within N attempts.

    Theorems are equations between terms of a commutative ring, made by walking at random from a
    term; a proof names a law and a place in every step. No test theorem occurs in training in any
    form: mirrored, with other letters, or as the rest of a longer proof. Policies learn the steps
    of known proofs by cross-entropy (plain, and with smoothed labels), by DCO on the whole proof,
    by DCO on every step (DCO_step), or by the UA loss, which shares a budget among the steps.

    The chance of an attempt to succeed is computed exactly over all ways to a proof, so pass@N has
    no sampling error; so are tree searches in which every node draws several steps. Besides,
    attempts and trees are really drawn, and every proof found is judged by a checker that shares
    no code with the search.

    Cross-entropy stands in the table at its last epoch, stopped early, and with a tuned
    temperature. The ensemble shares N attempts equally among the policies of all N_eff.
    """
    return proving.prove(params, run)
