/** The Twins screen's work: the training whose figures `epoch0 reproduce rumelhart-1986` sets down, all of it at once. */

import { type Start, type Training, training as train } from "../../../../src/reproduce/twins/index.ts";

export const training = (start: Start): Training => train(start);
