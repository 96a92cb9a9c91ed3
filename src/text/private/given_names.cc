#include "text/private/given_names.h"

#include <algorithm>
#include <unordered_set>

namespace twin::privacy {
namespace {

constexpr std::string_view kNames =
    "aaron abdul abdullah abigail adam adrian adriana adele agata agnes agnieszka ahmad ahmed "
    "aidan "
    "aisha akira alan albert alberto alejandra alejandro aleksandra alessandra alessandro alessia "
    "alex alexander alexandra alexandre alexei alexis alfred alfredo ali alice alicia alina alison "
    "allison alma alvaro amalia amanda amelia amelie amir amit amy ana anastasia anders andrea "
    "andreas "
    "andrei andrés andrew andrzej andy angela angelika angelina angelo anita anja anjali ann anna "
    "annabelle anne annette annie annika anthony antoine anton antonia antonio anya april arjun "
    "arthur "
    "arturo arvid asha ashley astrid audrey augusta aurélie axel barbara barry bart bartosz "
    "beatrice "
    "beatriz becky ben benedikt benjamin benoit bernadette bernard bernd bernhard bernie beth "
    "bettina "
    "betty birgit björn bob bobby boris brad bradley brandon brenda brendan brent brett brian "
    "bridget "
    "britta bruce bruno bryan caitlin camila camille candice carina carl carla carlos carmen carol "
    "carolin carolina caroline carolyn carrie catalina catherine cathy cecilia celine chantal "
    "charles "
    "charlie charlotte chelsea cheng cheryl chiara chloe chloé chris christa christian christiane "
    "christina christine christoph christophe christopher cindy claire clara claudia claus clemens "
    "colin colleen connor conor constance cornelia courtney craig cristina curtis cynthia cyril "
    "dagmar daisuke damian damien dan dana daniel daniela daniele danielle danny darren dave david "
    "deborah debbie denise dennis derek diana diane diego dieter dimitri dirk dmitri dmitry "
    "dolores "
    "dominic dominik dominique donald donna dora doris dorothea dorothy douglas duncan dylan eddie "
    "edgar edith eduardo edward edwin eileen elaine eleanor elena elias elif elisa elisabeth eliza "
    "elizabeth ella ellen elsa emilia emilie emilio emily emma emmanuel enrico enrique eric erica "
    "erich "
    "erik erika erin ernst esther ethan eugene eva evan evelyn ewa fabian fabien fabio fabrice "
    "fatima "
    "federica federico felicity felix ferdinand fernanda fernando filip fiona florian frances "
    "francesca "
    "francesco francis francisca francisco franck franco françois françoise franz fred freddie "
    "frederic "
    "frédéric frederik frieda friedrich fritz gabriel gabriela gabriele gabrielle gareth gary "
    "gavin "
    "geoff geoffrey georg george georgia gerald gerard gerd gerhard giacomo gianluca gilbert "
    "gilles "
    "gina giorgio giovanna giovanni gisela giulia giuseppe gloria gordon graham greg gregor "
    "gregory "
    "greta grzegorz guido guillaume guillermo günter gustav guy hannah hanna hannes hans harald "
    "haroun "
    "harold harry hassan heather hector heike heinrich heinz helen helena helene helga helmut "
    "hendrik "
    "henri henrik henry herbert herman hermann hilary hiroshi holger horst howard hubert hugh hugo "
    "ian "
    "ibrahim ignacio igor ilse imran ines inga ingeborg ingo ingrid irene irina iris irma isaac "
    "isabel "
    "isabella isabelle ivan ivana jackie jacob jacqueline jacques jaime jakob jakub james jamie "
    "jan jana "
    "jane janet janice janina jannik jasmin jasmine jason javier jean jeanette jeanne jeff jeffrey "
    "jenna "
    "jennifer jenny jens jeremy jerome jérôme jerry jesper jessica jesús jill jim jimmy jing "
    "joachim joan "
    "joana joanna joanne joao joão jochen joe joel joelle johan johann johanna johannes john "
    "johnny jon "
    "jonas jonathan jorge jörg josé josef joseph josephine josh joshua josie joyce juan juana "
    "juanita "
    "judith jules julia julian juliana julie julien juliet julius jürgen justin justine kai "
    "kaitlyn kamil "
    "karen karim karin karl karolina kasia katarina kate katharina katherine kathleen kathrin "
    "kathryn kathy "
    "katie katja katrin kay keith kelly ken kenji kenneth kenny kerstin kevin khaled kiran kirsten "
    "klaus "
    "konrad konstantin kristen kristin kristina kristof krzysztof kurt kyle lara larry lars laszlo "
    "laura "
    "lauren laurence laurent lawrence léa leah lena leo leon leonard leonardo leonie leopold leroy "
    "leslie "
    "lewis liam lidia lillian linda lindsay lisa liz lorenzo lori lothar louis louisa louise luca "
    "lucas "
    "lucia luciano lucie lucy ludwig luigi luis luisa lukas luke lutz lydia lynn maciej maddie "
    "madeleine "
    "magdalena maggie mahmoud maja malcolm manfred manuel manuela mara marc marcel marcella marcia "
    "marcin "
    "marco marcos marcus marek margaret margarita margot maria mariana marianne marie marina mario "
    "marion "
    "marius marjorie markus marlene marta martha martin martina mary mateo mateusz mathias mathieu "
    "mathilde "
    "matilda matt matteo matthew matthias maureen maurice mauro max maximilian maxime megan mehmet "
    "mei "
    "melanie melissa mercedes mia michael michaela michal michał michel michele michelle miguel "
    "mikael mike "
    "mikhail milan mildred milena miriam mirjam mohamed mohammad mohammed moira molly monica "
    "monika monique "
    "moritz mustafa nadia nadine nadja nancy naomi natalia natalie natasha nathan nathalie neil "
    "nelson "
    "nicholas nick nicola nicolas nicole niels nigel nikhil niklas nikolai nils nina noah noel "
    "nora norbert "
    "norma norman olaf oleg olga oliver olivia olivier omar orlando oscar oskar otto owen pablo "
    "pamela paola "
    "paolo pascal patricia patrick patrik patrizia paul paula pauline paulo pavel pawel paweł "
    "pedro peggy "
    "penelope per peter petra phil philip philipp philippe phillip phoebe phyllis pierre pieter "
    "pilar piotr "
    "polly priya rachel rafael rahul rainer raj rajesh ralf ralph ramón raphael raquel raúl ravi "
    "raymond "
    "rebecca reginald regina reinhard renate rene rené ricardo richard rick ricky rita rob robert "
    "roberta "
    "roberto robin rodney rodrigo roger rohan roland rolf roman romain ron ronald ronny rosa "
    "rosalind "
    "rosemary rosie ross roy rudolf rupert russell ruth ryan sabine sabrina sally salvatore sam "
    "samantha "
    "sami samir samuel sandra sandy sanjay santiago sara sarah sascha sasha scott sean sebastian "
    "sebastien "
    "sébastien serena serge sergei sergey sergio seth shannon sharon shaun sheila shirley sibylle "
    "sidney "
    "siegfried sigrid silke silvia simon simone siobhan sofia sofie sonia sonja sophia sophie "
    "stacy stefan "
    "stefania stefanie stefano stella stephan stephane stéphane stephanie stephen steve steven "
    "stewart "
    "stuart sue suki sunil susan susanna susanne suzanne sven svenja sylvia sylvie tamara tania "
    "tanja tara "
    "tatiana ted teresa terry tessa theo theodor theodore theresa thierry thomas thorsten tiffany "
    "tilman tim "
    "timo timothy tina tobias todd tom tomas tomasz tommy toni tony tracy travis trevor ulf uli "
    "ulrich ulrike "
    "ursula ute uwe valentin valentina valeria valérie vanessa vera verena veronica veronika "
    "victor victoria "
    "vijay viktor viktoria vincent vincenzo viola virginie vivian vladimir volker walter wanda "
    "wayne wendy "
    "werner wesley wilfried wilhelm william wolfgang xavier xiao yannick yasmin yolanda yuki yuri "
    "yusuf yvette "
    "yvonne zachary zoe zoltan zuzana";

// Words, months and places besides.
constexpr std::string_view kWords =
    "amber andrea angel art august austin bill brook carter chance charity chase christian cliff "
    "clay dallas dawn dean "
    "destiny drew eden faith florence forest frank georgia grace grant gene hazel heath holly hope "
    "hunter "
    "iris ivy jack jade jasper jay jean jordan joy june kay kelly kent kitty lane lily lincoln "
    "luna mark "
    "mason max may melody miles mercedes olive page paris parker pat patience pearl penny pierce "
    "piper pat randy ray "
    "reed rich rob robin rose ruby sage savannah scarlet sky sterling stone summer sunny sydney "
    "taylor "
    "terry troy victor viola violet virginia ward washington will willow woody wren chuck peg don "
    "rusty guy "
    "april skip sandy roman rod ross regina noel norman nick nelson milan martin marina lance earl "
    "duke dick";

std::unordered_set<std::string_view> set_of(std::string_view list) {
  std::unordered_set<std::string_view> names;
  while (!list.empty()) {
    const size_t end = std::min(list.find(' '), list.size());
    names.insert(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

}  // namespace

GivenName given_name(std::string_view folded) {
  static const auto words = set_of(kWords), names = set_of(kNames);
  if (words.contains(folded)) return GivenName::kWord;
  return names.contains(folded) ? GivenName::kName : GivenName::kNone;
}

}  // namespace twin::privacy
